"""``gate:index:admission``: whether an image may be deployed, asked by a program before it declares anything."""

from __future__ import annotations

from sluice.admission.image_admission import Admitted, NotAdmitted, admit, when
from sluice.image.digest import short
from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread


def admission(account: Account) -> Function:
    """The function behind the SDK's of this name. A refusal is an answer, not an error: the program says it in its own
    words and ends.

    Args of the call: ``image``, ``rollback``, ``records`` (``/sluice/PROJECT/STACK``), ``released``, ``architecture``,
    ``trusted``.
    Its result: ``refusal`` (empty: none), ``image`` (what to deploy), ``replaces`` (the release that serves, in words),
    ``warnings``, ``revision``.
    """

    async def function(call: Call, args: Properties) -> Properties:
        image, rollback, records = (str(args.get(key) or "") for key in ("image", "rollback", "records"))
        try:
            released = bool(args.get("released", True))
            architecture = str(args.get("architecture") or "")
            trusted = [str(key) for key in args.get("trusted") or []]
            admitted = await in_thread(admit, account(), image, rollback, records, released, architecture, trusted)
        except NotAdmitted as refusal:
            return {"refusal": str(refusal), "image": "", "replaces": "", "warnings": [], "revision": ""}
        return {
            "refusal": "",
            "image": admitted.image,
            "replaces": _replaces(admitted),
            "warnings": list(admitted.warnings),
            "revision": admitted.revision,
        }

    return function


def _replaces(admitted: Admitted) -> str:
    before = admitted.replaces
    return f"{short(before.digest)} (release {before.number}, proven {when(before.at)})" if before else ""
