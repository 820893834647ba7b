"""Signatures of images: every way in which one can be wrong, with real keys; and the resource that makes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from gate.admission import NotAdmitted, admit
from gate.errors import GateError
from gate.image_signature import (
    ANNOTATION,
    LARGEST_MANIFEST,
    LARGEST_PAYLOAD,
    MOST_SIGNATURES,
    PAYLOAD,
    TYPE,
    Examined,
    Malformed,
    Verdict,
    complaint,
    payload,
    refusal,
    signatures,
    tag,
    verdict,
)
from gate.image_signing import sign
from gate.image_trust import examine, finding
from gate.plugin import start_admission
from gate.plugin.image_signature import ImageSignature
from gate.plugin.resource import Properties, Refused, State
from gate.plugin.values import UNKNOWN
from gate.start_admission import NotReady
from tests.unit.gate.resources import RUN, Lines, call, no_account, run
from tests.unit.gate.signed_images import DIGEST, IMAGE, KEY, OTHER, REPOSITORY, STRANGER, Clients
from tests.unit.gate.simulation import Clock, client_error

GOOD = payload(IMAGE, "sluice/staging")


def examined(clients: Clients, *trusted: str, image: str = IMAGE) -> Verdict:
    return examine(clients, image, trusted or (KEY,), clients.ecr.fetch)  # type: ignore[arg-type]


def signed(clients: Clients | None = None, text: bytes = GOOD, key: str = KEY) -> Clients:
    """Clients of an account whose registry has a signature of the key over the text."""
    clients = clients or Clients()
    clients.put((text, clients.signature(text, key)))
    return clients


def said(**changes: Any) -> bytes:
    """A text like that of a good signature, with some of what it says changed."""
    critical = json.loads(GOOD)["critical"]
    return json.dumps({"critical": critical | changes, "optional": None}).encode()


def test_the_format_is_cosigns() -> None:
    """sigstore/cosign, specs/SIGNATURE_SPEC.md."""
    assert tag(DIGEST) == f"sha256-{'ab' * 32}.sig"
    assert json.loads(GOOD) == {
        "critical": {
            "identity": {"docker-reference": REPOSITORY},
            "image": {"docker-manifest-digest": DIGEST},
            "type": "cosign container image signature",
        },
        "optional": {"releasedBy": "sluice/staging"},
    }
    clients = Clients()
    assert sign(clients, IMAGE, KEY, "sluice/staging", clients.ecr.fetch)  # type: ignore[arg-type]
    stored = json.loads(clients.ecr.tags[tag(DIGEST)])
    [one] = stored["layers"]
    assert (one["mediaType"], one["size"]) == ("application/vnd.dev.cosign.simplesigning.v1+json", len(GOOD))
    assert clients.ecr.blobs[one["digest"]] == GOOD
    assert base64.b64decode(one["annotations"]["dev.cosignproject.cosign/signature"])
    assert json.loads(clients.ecr.blobs[stored["config"]["digest"]])["rootfs"]["diff_ids"] == [one["digest"]]


def test_what_was_signed_is_trusted() -> None:
    clients = signed()
    assert examined(clients) == Verdict(KEY)
    assert clients.regions == [("ecr", "eu-central-1"), ("kms", "eu-central-1")]


def test_one_trusted_key_is_enough() -> None:
    clients = signed(key=STRANGER)
    assert examined(clients, KEY, STRANGER) == Verdict(STRANGER)


def test_one_good_signature_among_others_is_enough() -> None:
    clients = Clients()
    foreign = said(image={"docker-manifest-digest": OTHER})
    clients.put((foreign, clients.signature(foreign)), (GOOD, b"\x30\x01"), (GOOD, clients.signature(GOOD)))
    assert examined(clients) == Verdict(KEY)


COMPLAINTS = [
    ("another image", said(image={"docker-manifest-digest": OTHER}), "is about sha256:cdcdcdcdcdcd, another image"),
    ("a digest that begins alike", said(image={"docker-manifest-digest": DIGEST[:-1]}), "another image"),
    (
        "another repository",
        said(identity={"docker-reference": REPOSITORY.replace("/shop", "/evil")}),
        "is about an image of the repository 444455556666.dkr.ecr.eu-central-1.amazonaws.com/evil",
    ),
    (
        "the same repository of another account",
        said(identity={"docker-reference": REPOSITORY.replace("444455556666", "999988887777")}),
        "is about an image of the repository 999988887777.dkr",
    ),
    (
        "another Region",
        said(identity={"docker-reference": REPOSITORY.replace("eu-central-1", "us-east-1")}),
        "is about an image of the repository",
    ),
    ("another type", said(type="atomic container signature"), "is of the type 'atomic container signature'"),
    ("no digest", said(image={}), "is not of cosign's form"),
    ("no identity", json.dumps({"critical": {"type": TYPE, "image": {}}}).encode(), "is not of cosign's form"),
    ("a list", b"[]", "is not of cosign's form"),
    ("no JSON", b"\xff\xfe", "is not of cosign's form"),
    ("nothing", b"", "is not of cosign's form"),
]


@pytest.mark.parametrize(("text", "wrong"), [row[1:] for row in COMPLAINTS], ids=[row[0] for row in COMPLAINTS])
def test_a_good_signature_over_another_text_says_nothing_of_the_image(text: bytes, wrong: str) -> None:
    """Each is validly signed by the trusted key, as an attacker would find them beside other images."""
    assert wrong in complaint(text, IMAGE)
    clients = signed(text=text or b"")
    found = examined(clients)
    assert (found.signer, wrong in found.why) == ("", True)
    assert clients.kms.verified == [], "a text that is not about the image is not worth a call"


def test_a_signature_that_was_copied_beside_another_image_does_not_count() -> None:
    clients = Clients()
    clients.put((GOOD, clients.signature(GOOD)), under=OTHER)
    found = examined(clients, image=f"{REPOSITORY}@{OTHER}")
    assert found == Verdict("", "has a signature that is about sha256:abababababab, another image")


def test_nothing_signed_and_nobody_trusted() -> None:
    assert examined(Clients()) == Verdict("", "is not signed")
    assert examined(signed(key=STRANGER)) == Verdict("", "is signed by none of the keys that are trusted here")
    assert (
        examined(Clients(), image=f"ghcr.io/shop@{DIGEST}").why
        == "is not in ECR, where its signature would lie beside it"
    )


def test_an_altered_text_does_not_count() -> None:
    """The blob is not what its digest says, as when somebody changes it on the way."""
    clients = signed()
    [digest] = clients.ecr.blobs
    clients.ecr.blobs[digest] = GOOD.replace(b"staging", b"evil")
    assert "cut off or altered" in examined(clients).why


def test_another_text_under_the_signature_does_not_count() -> None:
    clients = Clients()
    altered = GOOD.replace(b"sluice/staging", b"sluice/evil")
    clients.put((altered, clients.signature(GOOD)))
    assert complaint(altered, IMAGE) == ""
    assert examined(clients) == Verdict("", "is signed by none of the keys that are trusted here")


def test_a_text_that_is_gone_does_not_count() -> None:
    clients = signed()
    clients.ecr.blobs.clear()
    assert "is over a text that is not there" in examined(clients).why


def test_a_text_that_cannot_be_fetched_does_not_count() -> None:
    def unreachable(address: str) -> bytes:
        raise OSError("timed out")

    found = examine(signed(), IMAGE, [KEY], unreachable)  # type: ignore[arg-type]
    assert found.why.endswith("is over a text that could not be fetched: timed out")


MALFORMED: list[tuple[str, Callable[[dict[str, Any]], object], str]] = [
    ("no layers", lambda one: one.pop("layers"), "not of cosign's form (KeyError)"),
    ("no layer", lambda one: one.update(layers=[]), "without a single signature"),
    (
        "layers of another kind",
        lambda one: one["layers"][0].update(mediaType="text/plain"),
        "without a single signature",
    ),
    ("no list", lambda one: one.update(layers="x"), "not of cosign's form (AttributeError)"),
    ("no annotation", lambda one: one["layers"][0].pop("annotations"), "not of cosign's form (KeyError)"),
    ("no base64", lambda one: one["layers"][0]["annotations"].update({ANNOTATION: "%%"}), "not written in base64"),
    ("an empty signature", lambda one: one["layers"][0]["annotations"].update({ANNOTATION: ""}), "has 0 bytes"),
    (
        "a long signature",
        lambda one: one["layers"][0]["annotations"].update({ANNOTATION: base64.b64encode(b"x" * 600).decode()}),
        "has 600 bytes, which no ECDSA signature has",
    ),
    (
        "a long text",
        lambda one: one["layers"][0].update(size=LARGEST_PAYLOAD + 1),
        f"is over a text of {LARGEST_PAYLOAD + 1} bytes",
    ),
    ("a size that is no number", lambda one: one["layers"][0].update(size="much"), "not of cosign's form (ValueError)"),
    (
        "a big manifest",
        lambda one: one.update(annotations={"x": "y" * LARGEST_MANIFEST}),
        f"{LARGEST_MANIFEST} are read",
    ),
    (
        "too many signatures",
        lambda one: one.update(layers=one["layers"] * (MOST_SIGNATURES + 1)),
        f"with {MOST_SIGNATURES + 1} signatures, and {MOST_SIGNATURES} are read",
    ),
]


@pytest.mark.parametrize(("edit", "wrong"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_manifest_that_cannot_be_read_does_not_count(edit: Callable[[dict[str, Any]], object], wrong: str) -> None:
    clients = signed()
    clients.change(edit)
    found = examined(clients)
    assert (found.signer, clients.kms.verified) == ("", [])
    assert wrong in found.why
    assert found.why.startswith("has no signature that can be read: its signature ")


def test_what_is_no_json_at_all() -> None:
    for text in ("", "x", "[]", "null", '{"layers": [1]}'):
        with pytest.raises(Malformed):
            signatures(text)


UNASKED = ["AccessDeniedException", "NotFoundException", "DisabledException", "KMSInvalidStateException",
           "InvalidKeyUsageException"]  # fmt: skip


@pytest.mark.parametrize("code", UNASKED)
def test_a_key_that_cannot_be_asked_vouches_for_nothing(code: str) -> None:
    clients = signed()
    clients.kms.refusing = {KEY: code}
    found = examined(clients)
    assert found.signer == ""
    assert found.why.startswith(f"has a signature that cannot be verified: {KEY} cannot be asked ({code}")
    assert examined(signed(clients, key=STRANGER), KEY, STRANGER) == Verdict(STRANGER), "the other key vouches for it"


@pytest.mark.parametrize("code", ["ThrottlingException", "ExpiredTokenException"])
def test_trouble_that_may_pass_is_no_answer(code: str) -> None:
    clients = signed()
    clients.kms.refusing = {KEY: code}
    with pytest.raises(type(client_error(code, "Verify"))):
        examined(clients)


@pytest.mark.parametrize("operation", ["BatchGetImage", "GetDownloadUrlForLayer"])
def test_a_repository_that_may_not_be_read_is_a_refusal(operation: str) -> None:
    clients = signed()
    clients.ecr.denied = operation
    assert examined(clients).why.startswith("has a signature that may not be read: ")


def test_the_verdict() -> None:
    assert verdict([]) == Verdict("", "is not signed")
    assert verdict([Examined(signer=KEY)], ["trouble"]) == Verdict(KEY), "one that vouches is enough"
    assert verdict([Examined("is odd", KEY)]) == Verdict("", "has a signature that is odd"), "never of another image"
    assert verdict([Examined("is odd"), Examined()], ["k"]).why == "has a signature that cannot be verified: k"
    assert verdict([Examined("is odd"), Examined()]).why == "is signed by none of the keys that are trusted here"


class TestSigning:
    """Once, beside what others have signed."""

    def test_a_second_time_nothing_is_done(self) -> None:
        clients = Clients()
        for now in (True, False):
            assert sign(clients, IMAGE, KEY, "sluice/staging", clients.ecr.fetch) is now  # type: ignore[arg-type]
        assert examined(clients) == Verdict(KEY)

    def test_signatures_of_others_stay(self) -> None:
        clients = signed(key=STRANGER)
        assert sign(clients, IMAGE, KEY, "sluice/prod", clients.ecr.fetch)  # type: ignore[arg-type]
        assert examined(clients, KEY) == Verdict(KEY)
        assert examined(clients, STRANGER) == Verdict(STRANGER)

    def test_what_cannot_be_read_is_replaced(self) -> None:
        clients = signed()
        clients.change(lambda one: one.pop("layers"))
        assert sign(clients, IMAGE, KEY, "sluice/staging", clients.ecr.fetch)  # type: ignore[arg-type]
        assert examined(clients) == Verdict(KEY)

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
    monkeypatch.setattr("gate.image_trust.fetched", registry.ecr.fetch)
    return registry


class TestAdmission:
    """Where a signature is asked for, nothing is deployed without one."""

    def test_before_anything_is_declared(self, registry: Registry) -> None:
        def admitted() -> str:
            return admit(registry, IMAGE, "", "/sluice/p/s", False, trusted=[KEY]).image  # type: ignore[arg-type]

        with pytest.raises(NotAdmitted) as unsigned:
            admitted()
        assert str(unsigned.value) == refusal(IMAGE, Verdict("", "is not signed"))
        assert str(unsigned.value).startswith("the image sha256:abababababab is not signed, and `signing.trusted` asks")
        assert "`signing.key` there, then `pulumi up`" in str(unsigned.value)
        signed(registry, key=STRANGER)
        with pytest.raises(NotAdmitted, match="is signed by none of the keys that are trusted here"):
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
        assert examined(registry) == Verdict(KEY)
        again = run(resource.update(call(lines, preview=False), "i", State(INPUTS, INPUTS), INPUTS))
        assert again == INPUTS
        assert lines == [
            f"info: sha256:abababababab was signed with {KEY}",
            f"info: sha256:abababababab has a signature of {KEY} already",
        ]

    def test_a_preview_signs_nothing(self) -> None:
        created = run(ImageSignature(no_account).create(call(Lines()), INPUTS))
        assert (created.id, created.outputs) == ("", INPUTS)

    def test_what_has_lost_its_signature_is_signed_again(self, registry: Registry) -> None:
        resource, state = ImageSignature(lambda: registry), State(INPUTS, INPUTS)  # type: ignore[arg-type, return-value]
        assert run(resource.diff(call(Lines()), "i", state, INPUTS)).diffs == ["image"]
        signed(registry)
        assert not run(resource.diff(call(Lines()), "i", state, INPUTS)).changes
        changed = run(resource.diff(call(Lines()), "i", state, INPUTS | {"key": STRANGER}))
        assert changed.diffs == ["key"]

    def test_a_preview_without_aws_is_a_warning(self) -> None:
        def blind() -> Any:
            raise GateError("no credentials")

        lines, state = Lines(), State(INPUTS, INPUTS)
        assert not run(ImageSignature(blind).diff(call(lines), "i", state, INPUTS)).changes
        assert lines == ["warning: whether the image is still signed could not be asked: no credentials"]

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
        assert PAYLOAD not in str(checked.failures)
