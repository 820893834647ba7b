"""A name of one's own: certificates (botocore service ``acm``), DNS records (``route53``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import LOCAL, REPLACE, UNSEEN, Members, Operation, Property, names
from emulator.plugins.aws.session import AwsError
from sluice.protocol.resource import Refused

# -- certificate


def _asked(item: Members) -> list[dict[str, str]]:
    """The records by which ACM wants to be shown that the names are ours; empty until it knows them itself."""
    options = item.get("DomainValidationOptions") or []
    if not options or any("ResourceRecord" not in option for option in options):
        return []
    return [
        {
            "domainName": option["DomainName"], "resourceRecordName": option["ResourceRecord"]["Name"],
            "resourceRecordType": option["ResourceRecord"]["Type"],
            "resourceRecordValue": option["ResourceRecord"]["Value"],
        }
        for option in options
    ]  # fmt: skip


def _certificate_asks(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["Status"]) if request.observe() else "gone"
        return state == "ISSUED" or bool(_asked(request.item)), None, state

    request.wait(probe, "certificate to say which record it asks for")


_CERTIFICATE = {"CertificateArn": "$id"}
CERTIFICATE = Entry(
    "aws:acm/certificate:Certificate", "acm",
    create=Operation("request_certificate"),
    read=Operation("describe_certificate", _CERTIFICATE), item="Certificate", id="CertificateArn",
    # A listener lets go of its certificate only some time after its own deletion.
    delete=Operation("delete_certificate", _CERTIFICATE, retry=("ResourceInUseException",)),
    properties={
        "domainName": REPLACE,
        "validationMethod": Property(replace=True, seen="DomainValidationOptions[0].ValidationMethod"),
        "subjectAlternativeNames": Property(replace=True, seen=UNSEEN),  # AWS adds the domain's name
    },
    outputs={"arn": "CertificateArn", "domainValidationOptions": lambda request, item: _asked(item)},
    hooks=Hooks(ready=_certificate_asks),
    gone=("ResourceNotFoundException",),
)  # fmt: skip

# -- certificate validation: nothing in AWS of its own; it is there when the certificate is issued


def _issued(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["Status"]) if request.observe() else "gone"
        if state not in ("PENDING_VALIDATION", "ISSUED"):
            why = request.item.get("FailureReason", "")
            raise Refused(f"{request.call.name}: the certificate was not issued: {state} {why}".rstrip())
        return state == "ISSUED", None, state

    request.wait(probe, "certificate to be issued")


_SAME_CERTIFICATE = Operation("describe_certificate", {"CertificateArn": "$certificateArn"})
CERTIFICATE_VALIDATION = Entry(
    "aws:acm/certificateValidation:CertificateValidation", "acm",
    create=_SAME_CERTIFICATE, read=_SAME_CERTIFICATE, delete=_SAME_CERTIFICATE,
    item="Certificate", id="$certificateArn",
    properties={
        "certificateArn": REPLACE,
        "validationRecordFqdns": Property(local=True, replace=True, seen=UNSEEN),
    },
    hooks=Hooks(ready=_issued),
    gone=("ResourceNotFoundException",),
    taggable=False,
)  # fmt: skip

# -- record: it has no id in AWS; it is found in its zone by name and type


def _name(text: str) -> str:
    return text.lower().rstrip(".")


def same_name(left: Any, right: Any) -> bool:
    """DNS names are the same with and without the dot at their end, and in whatever letters."""
    return _name(str(left)) == _name(str(right))


def same_aliases(left: Any, right: Any) -> bool:
    """The same of the names in aliases."""
    return _aliases(left) == _aliases(right)


def _aliases(value: Any) -> list[dict[str, Any]]:
    return [{**one, "name": _name(str(one["name"]))} for one in value]


def _record_find(request: ResourceRequest) -> Members | None:
    name, kind = str(request.flat["name"]), str(request.flat["type"])
    answer = request.ask(
        "list_resource_record_sets", HostedZoneId=request.flat["zoneId"], StartRecordName=name, StartRecordType=kind,
        MaxItems="1",
    )  # fmt: skip
    for record in answer["ResourceRecordSets"]:
        if record["Type"] == kind and same_name(record["Name"], name):
            return dict(record)
    return None


def _record_change(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """A change is a batch of one; an update says the whole record again."""
    [change] = params.setdefault("ChangeBatch", {}).setdefault("Changes", [{}])
    creating = request.id == "" and not request.flat.get("allowOverwrite")
    change["Action"] = "CREATE" if creating else "UPSERT"
    record = change.setdefault("ResourceRecordSet", {})
    record |= {"Name": request.flat["name"], "Type": request.flat["type"]}
    if values := request.flat.get("records"):
        record["ResourceRecords"] = [{"Value": value} for value in values]


def _record_deletion(request: ResourceRequest) -> None:
    """Deleting one means to say the whole of it."""
    if not request.observe():
        raise AwsError("NoSuchHostedZone", "there is no such record")
    request.flat["deletion"] = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": request.item}]}


_SET = "ChangeBatch.Changes[].ResourceRecordSet"
_ZONE = {"HostedZoneId": "$zoneId"}
_ALIAS: Mapping[str, Property] = names(
    "evaluateTargetHealth", name=Property("DNSName"), zoneId=Property("HostedZoneId")
)
RECORD = Entry(
    "aws:route53/record:Record", "route53",
    create=Operation("change_resource_record_sets", _ZONE),
    read=Operation("list_resource_record_sets"), item="", id="$zoneId:$name:$type",
    update=Operation("change_resource_record_sets", _ZONE),
    delete=Operation("change_resource_record_sets", {**_ZONE, "ChangeBatch": "$deletion"}),
    properties={
        "zoneId": Property("HostedZoneId", replace=True, seen=UNSEEN),
        "name": Property(f"{_SET}.Name", replace=True, seen="Name", same=same_name),
        "type": Property(f"{_SET}.Type", replace=True, seen="Type"),
        "ttl": Property(f"{_SET}.TTL", seen="TTL"),
        "records": Property(
            hooked=True, changed=f"{_SET}.ResourceRecords[].Value", seen="ResourceRecords[].Value"
        ),
        "aliases": Property(f"{_SET}.AliasTarget", seen="AliasTarget", listed=True, block=_ALIAS, same=same_aliases),
        "allowOverwrite": LOCAL,
    },
    outputs={"fqdn": lambda request, item: str(item["Name"]).rstrip(".")},
    hooks=Hooks(find=_record_find, prepare=_record_change, deleting=_record_deletion),
    gone=("NoSuchHostedZone",),
    taggable=False,
    regional=False,
)  # fmt: skip

ENTRIES = (CERTIFICATE, CERTIFICATE_VALIDATION, RECORD)
