"""A refusal in the words of the protocol that the caller speaks, so that its SDK shows code and text."""

from __future__ import annotations

import json
from xml.sax.saxutils import escape

from emulator.cloud.gateway.request import Refusal, Request

Answer = tuple[list[tuple[bytes, bytes]], bytes]

_XML = {
    "ec2": "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors></Response>",
    "s3": "<Error><Code>{}</Code><Message>{}</Message></Error>",
}
_QUERY = "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error></ErrorResponse>"
_FORM = "application/x-www-form-urlencoded"


def answer(refusal: Refusal, request: Request, service: str) -> Answer:
    """Headers and body of a refusal. service: that the caller signs for; empty where it does not say."""
    code, text = refusal.code, refusal.message
    if request.header("smithy-protocol") == "rpc-v2-cbor":
        media, body = "application/cbor", _cbor({"__type": code, "message": text})
    elif service in ("s3", "route53") or request.header("content-type").startswith(_FORM):
        media, body = "text/xml", _XML.get(service, _QUERY).format(escape(code), escape(text)).encode()
    else:
        media, body = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": text}).encode()
    names = {"content-type": media, "x-amzn-errortype": code, "content-length": str(len(body))}
    if media == "application/cbor":
        names["smithy-protocol"] = "rpc-v2-cbor"
    return [(name.encode(), value.encode()) for name, value in names.items()], body


def _cbor(texts: dict[str, str]) -> bytes:
    """A map of texts (RFC 8949): fewer than 24 pairs, each text shorter than 64 KiB."""
    return bytes([0xA0 | len(texts)]) + b"".join(_text(one) for pair in texts.items() for one in pair)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return b"\x79" + len(encoded).to_bytes(2, "big") + encoded
