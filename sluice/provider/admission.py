"""``gate:index:admission``: whether an image may be deployed; a program calls it before it declares any resource."""

from __future__ import annotations

from sluice.admission.image_admission import Admitted, NotAdmitted, admit, when
from sluice.image.digest import short
from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread


def admission(account: Account) -> Function:
    """Return the function that the SDK calls. A refusal is a result, not an error: the program reports it and ends.

    Arguments of the call: ``image``, ``rollback``, ``records`` (``/sluice/PROJECT/STACK``), ``released``,
    ``architecture``, ``trusted``.
    Result: ``refusal`` (empty: none), ``image`` (to deploy), ``replaces`` (description of the serving release),
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
