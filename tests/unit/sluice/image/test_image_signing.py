"""Who signs images, and who asks for signatures: the resource, the admission, the gate."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.admission.image_admission import NotAdmitted, admit
from sluice.admission.start_admission import NotReady
from sluice.errors import GateError
from sluice.image.image_signature import SignatureVerdict, refusal
from sluice.image.image_signing import sign
from sluice.image.image_trust import finding
from sluice.protocol.resource import Properties, Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider import start_admission
from sluice.provider.image_signature import ImageSignature
from tests.unit.sluice.image.signed_images import DIGEST, IMAGE, KEY, REPOSITORY, STRANGER, Clients
from tests.unit.sluice.image.test_image_signature import examined, signed
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.provider.resources import RUN, Lines, call, no_account, run


class TestSigning:
    """Once, beside what others have signed."""

    def test_a_second_time_nothing_is_done(self) -> None:
        clients = Clients()
        for now in (True, False):
            assert sign(clients, IMAGE, KEY, "sluice/staging", clients.ecr.fetch) is now  # type: ignore[arg-type]
        assert examined(clients) == SignatureVerdict(KEY)

    def test_signatures_of_others_stay(self) -> None:
        clients = signed(key=STRANGER)
        assert sign(clients, IMAGE, KEY, "sluice/prod", clients.ecr.fetch)  # type: ignore[arg-type]
        assert examined(clients, KEY) == SignatureVerdict(KEY)
        assert examined(clients, STRANGER) == SignatureVerdict(STRANGER)

    def test_what_cannot_be_read_is_replaced(self) -> None:
        clients = signed()
        clients.change(lambda one: one.pop("layers"))
        assert sign(clients, IMAGE, KEY, "sluice/staging", clients.ecr.fetch)  # type: ignore[arg-type]
        assert examined(clients) == SignatureVerdict(KEY)

    @pytest.mark.parametrize("code", ["AccessDeniedException", "DisabledException", "InvalidKeyUsageException"])
    def test_a_key_that_does_not_sign_is_said(self, code: str) -> None:
        clients = Clients()
        clients.kms.refusing = {KEY: code}
        with pytest.raises(GateError, match=rf"{KEY} does not sign: {code}(.|\n)*cause: (.|\n)*fix: "):
            sign(clients, IMAGE, KEY, "sluice/staging")  # type: ignore[arg-type]
        assert clients.ecr.tags == {}

    def test_another_registry_has_no_place_for_it(self) -> None:
        with pytest.raises(GateError, match="is not in ECR"):
            sign(Clients(), f"ghcr.io/shop@{DIGEST}", KEY, "sluice/staging")  # type: ignore[arg-type]


class Registry(Clients):
    """The same, of a stack without records."""

    def __getitem__(self, service: str) -> Any:
        return self

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **_: Any) -> Any:
        return [{"Parameters": []}]

    def in_region(self, service: str, region: str) -> Any:
        asked = super().in_region(service, region)
        return asked if service == "kms" else Marked(asked)


class Marked:
    """The repository, in which the image is, released and not held."""

    def __init__(self, ecr: Any) -> None:
        self.ecr = ecr

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ecr, name)

    def batch_get_image(self, **asked: Any) -> Any:
        if len(asked["imageIds"]) == 1:
            return self.ecr.batch_get_image(**asked)
        return {"images": [], "failures": [{"imageId": asked["imageIds"][1]}]}


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    registry = Registry()
    monkeypatch.setattr("sluice.image.image_trust.fetched", registry.ecr.fetch)
    return registry


class TestAdmission:
    """Where a signature is asked for, nothing is deployed without one."""

    def test_before_anything_is_declared(self, registry: Registry) -> None:
        def admitted() -> str:
            return admit(registry, IMAGE, "", "/sluice/p/s", False, trusted=[KEY]).image  # type: ignore[arg-type]

        with pytest.raises(NotAdmitted) as unsigned:
            admitted()
        assert str(unsigned.value) == refusal(IMAGE, SignatureVerdict("", "is not signed"))
        assert str(unsigned.value).startswith(
            "the image sha256:abababababab is not signed, and `signing.trusted` requires"
        )
        assert "`signing.key` there, then `pulumi up`" in str(unsigned.value)
        signed(registry, key=STRANGER)
        with pytest.raises(NotAdmitted, match="is not signed by a trusted key"):
            admitted()
        signed(registry)
        assert admitted() == IMAGE

    def test_nobody_asks_where_no_key_is_trusted(self, registry: Registry) -> None:
        assert admit(registry, IMAGE, "", "/sluice/p/s", False).image == IMAGE  # type: ignore[arg-type]
        assert registry.kms.verified == []

    def test_as_a_finding(self, registry: Registry) -> None:
        found = finding(registry, IMAGE, [KEY])  # type: ignore[arg-type]
        assert (found.result, found.what) == ("refused", "the image is not signed")
        found = finding(signed(registry), IMAGE, [KEY])  # type: ignore[arg-type]
        assert (found.result, found.what) == ("passed", f"by {KEY}")

    @pytest.mark.parametrize("key", [KEY, STRANGER, ""])
    @pytest.mark.parametrize("preview", [True, False])
    def test_of_the_gate_itself(
        self, registry: Registry, monkeypatch: pytest.MonkeyPatch, key: str, preview: bool
    ) -> None:
        """So also where the gate is used without this program, and between the preview and the run."""
        for looks in ("examine", "examine_known"):
            monkeypatch.setattr(start_admission, looks, lambda *_: [])
        inputs: Properties = RUN | {"imageDigest": IMAGE, "steps": [], "trusted": [KEY]}
        if key:
            signed(registry, key=key)

        def looked(**changes: Any) -> None:
            here: Any = registry
            if preview:
                start_admission.preview(call(Lines()), lambda: here, inputs | changes, steps=False)
            else:
                start_admission.admit(call(Lines(), preview=False), here, inputs | changes, Clock())

        if key == KEY:
            looked()
        else:
            with pytest.raises((Refused, NotReady), match="signature of image sha256:abababababab: the image is"):
                looked()
        registry.kms.verified.clear()
        looked(rollback=True)  # it served before
        looked(trusted=None)
        assert registry.kms.verified == []

    def test_an_image_that_a_preview_does_not_know_is_not_asked_for(self) -> None:
        unknown = RUN | {"imageDigest": UNKNOWN, "steps": [], "trusted": [KEY]}
        start_admission.preview(call(Lines()), no_account, unknown, steps=False)


INPUTS: Properties = {"image": IMAGE, "key": KEY, "by": "sluice/staging"}


class TestResource:
    """``gate:index:ImageSignature``."""

    def test_it_signs_and_lets_the_image_out(self, registry: Registry) -> None:
        resource, lines = ImageSignature(lambda: registry), Lines()  # type: ignore[arg-type, return-value]
        created = run(resource.create(call(lines, preview=False), INPUTS))
        assert created.outputs == INPUTS
        assert examined(registry) == SignatureVerdict(KEY)
        again = run(resource.update(call(lines, preview=False), "i", ResourceState(INPUTS, INPUTS), INPUTS))
        assert again == INPUTS
        assert lines == [
            f"info: sha256:abababababab was signed with {KEY}",
            f"info: sha256:abababababab is already signed with {KEY}",
        ]

    def test_a_preview_signs_nothing(self) -> None:
        created = run(ImageSignature(no_account).create(call(Lines()), INPUTS))
        assert (created.id, created.outputs) == ("", INPUTS)

    def test_what_has_lost_its_signature_is_signed_again(self, registry: Registry) -> None:
        resource, state = ImageSignature(lambda: registry), ResourceState(INPUTS, INPUTS)  # type: ignore[arg-type, return-value]
        assert run(resource.diff(call(Lines()), "i", state, INPUTS)).diffs == ["image"]
        signed(registry)
        assert not run(resource.diff(call(Lines()), "i", state, INPUTS)).changes
        changed = run(resource.diff(call(Lines()), "i", state, INPUTS | {"key": STRANGER}))
        assert changed.diffs == ["key"]

    def test_a_preview_without_aws_is_a_warning(self) -> None:
        def blind() -> Any:
            raise GateError("no credentials")

        lines, state = Lines(), ResourceState(INPUTS, INPUTS)
        assert not run(ImageSignature(blind).diff(call(lines), "i", state, INPUTS)).changes
        assert lines == ["warning: cannot check whether the image is still signed: no credentials"]

    @pytest.mark.parametrize(
        ("change", "key"),
        [
            ({"image": f"{REPOSITORY}:latest"}, "image"),
            ({"key": "alias/x"}, "key"),
            ({"by": ""}, "by"),
            ({"x": 1}, "x"),
        ],
    )
    def test_wrong_inputs(self, change: Properties, key: str) -> None:
        checked = run(ImageSignature(no_account).check(call(Lines()), {}, INPUTS | change))
        assert [one.property for one in checked.failures] == [key]
