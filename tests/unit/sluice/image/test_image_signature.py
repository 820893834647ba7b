"""Signatures of images: every way in which one can be wrong, with real keys; and the resource that makes them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from sluice.image.image_signature import (
    ANNOTATION,
    LARGEST_MANIFEST,
    LARGEST_PAYLOAD,
    MOST_SIGNATURES,
    TYPE,
    Examined,
    Malformed,
    SignatureVerdict,
    complaint,
    payload,
    signatures,
    tag,
    verdict,
)
from sluice.image.image_signing import sign
from sluice.image.image_trust import examine
from tests.unit.sluice.image.signed_images import DIGEST, IMAGE, KEY, OTHER, REPOSITORY, STRANGER, Clients
from tests.unit.sluice.migration.simulation import client_error

GOOD = payload(IMAGE, "sluice/staging")


def examined(clients: Clients, *trusted: str, image: str = IMAGE) -> SignatureVerdict:
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
    assert examined(clients) == SignatureVerdict(KEY)
    assert clients.regions == [("ecr", "eu-central-1"), ("kms", "eu-central-1")]


def test_one_trusted_key_is_enough() -> None:
    clients = signed(key=STRANGER)
    assert examined(clients, KEY, STRANGER) == SignatureVerdict(STRANGER)


def test_one_good_signature_among_others_is_enough() -> None:
    clients = Clients()
    foreign = said(image={"docker-manifest-digest": OTHER})
    clients.put((foreign, clients.signature(foreign)), (GOOD, b"\x30\x01"), (GOOD, clients.signature(GOOD)))
    assert examined(clients) == SignatureVerdict(KEY)


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
    ("no digest", said(image={}), "is not in cosign's format"),
    ("no identity", json.dumps({"critical": {"type": TYPE, "image": {}}}).encode(), "is not in cosign's format"),
    ("a list", b"[]", "is not in cosign's format"),
    ("no JSON", b"\xff\xfe", "is not in cosign's format"),
    ("nothing", b"", "is not in cosign's format"),
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
    assert found == SignatureVerdict("", "has a signature that is about sha256:abababababab, another image")


def test_nothing_signed_and_nobody_trusted() -> None:
    assert examined(Clients()) == SignatureVerdict("", "is not signed")
    assert examined(signed(key=STRANGER)) == SignatureVerdict("", "is not signed by a trusted key")
    assert (
        examined(Clients(), image=f"ghcr.io/shop@{DIGEST}").why
        == "is not in ECR, so it has no signature that Sluice can read"
    )


def test_an_altered_text_does_not_count() -> None:
    """The blob is not what its digest says, as when somebody changes it on the way."""
    clients = signed()
    [digest] = clients.ecr.blobs
    clients.ecr.blobs[digest] = GOOD.replace(b"staging", b"evil")
    assert "incomplete or altered" in examined(clients).why


def test_another_text_under_the_signature_does_not_count() -> None:
    clients = Clients()
    altered = GOOD.replace(b"sluice/staging", b"sluice/evil")
    clients.put((altered, clients.signature(GOOD)))
    assert complaint(altered, IMAGE) == ""
    assert examined(clients) == SignatureVerdict("", "is not signed by a trusted key")


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
    ("no layers", lambda one: one.pop("layers"), "not in cosign's format (KeyError)"),
    ("no layer", lambda one: one.update(layers=[]), "without a single signature"),
    (
        "layers of another kind",
        lambda one: one["layers"][0].update(mediaType="text/plain"),
        "without a single signature",
    ),
    ("no list", lambda one: one.update(layers="x"), "not in cosign's format (AttributeError)"),
    ("no annotation", lambda one: one["layers"][0].pop("annotations"), "not in cosign's format (KeyError)"),
    ("no base64", lambda one: one["layers"][0]["annotations"].update({ANNOTATION: "%%"}), "not base64"),
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
    (
        "a size that is no number",
        lambda one: one["layers"][0].update(size="much"),
        "not in cosign's format (ValueError)",
    ),
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
    assert found.why.startswith("has no readable signature: its signature ")


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
    assert examined(signed(clients, key=STRANGER), KEY, STRANGER) == SignatureVerdict(STRANGER), (
        "the other key vouches for it"
    )


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
    assert verdict([]) == SignatureVerdict("", "is not signed")
    assert verdict([Examined(signer=KEY)], ["trouble"]) == SignatureVerdict(KEY), "one that vouches is enough"
    assert verdict([Examined("is odd", KEY)]) == SignatureVerdict("", "has a signature that is odd"), (
        "never of another image"
    )
    assert verdict([Examined("is odd"), Examined()], ["k"]).why == "has a signature that cannot be verified: k"
    assert verdict([Examined("is odd"), Examined()]).why == "is not signed by a trusted key"
