"""A certificate is issued when the record that ACM asks for is in the DNS, and not before.

AWS, "DNS validation" (ACM user guide) and CertificateDetail (ACM API reference): a requested certificate is
`PENDING_VALIDATION`; ACM asks for a CNAME below the domain's name, the same one whenever this account asks for this
name again; a wildcard shares its base name's. Here the DNS is Route 53's public hosted zones of the account. MiniStack
issues at once.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import acm, route53

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

PENDING, ISSUED, SHOWN = "PENDING_VALIDATION", "ISSUED", "SUCCESS"


def install(settings: Settings) -> None:
    """Begin certificates as pending, and read the DNS whenever one is described."""
    request, describe = acm._request_certificate, acm._describe_certificate

    def request_certificate(data: dict[str, Any]) -> Any:
        known = set(acm._certificates.keys())
        answer = request(data)
        if data.get("ValidationMethod", "DNS") == "DNS":
            for arn in set(acm._certificates.keys()) - known:
                certificate = acm._certificates[arn]
                certificate["Status"] = PENDING
                for option in certificate["DomainValidationOptions"]:
                    option |= {"ValidationStatus": PENDING, "ResourceRecord": record_for(option["DomainName"])}
        return answer

    def describe_certificate(data: dict[str, Any]) -> Any:
        certificate = acm._certificates.get(data.get("CertificateArn", ""))
        if certificate is not None:
            issue_when_published(certificate)
        return describe(data)

    replace(acm, "_request_certificate", request_certificate)
    replace(acm, "_describe_certificate", describe_certificate)


CORRECTION = Correction(
    rule="A certificate is issued when its validation record is in a public hosted zone.",
    fault="A requested certificate is issued at once.",
    ministack="1.5.33",
    install=install,
)


def record_for(domain: str) -> dict[str, str]:
    """The record that proves to ACM that a name belongs to this account."""
    base = domain.removeprefix("*.")
    proof = hashlib.sha256(f"{get_account_id()} {base}".encode()).hexdigest()
    return {"Name": f"_{proof[:32]}.{base}.", "Type": "CNAME", "Value": f"_{proof[32:]}.acm-validations.aws."}


def issue_when_published(certificate: dict[str, Any]) -> None:
    """Issue a pending certificate when every record that it waits for is published."""
    if certificate["Status"] != PENDING:
        return
    for option in certificate["DomainValidationOptions"]:
        if published(option["ResourceRecord"]):
            option["ValidationStatus"] = SHOWN
    if all(option["ValidationStatus"] == SHOWN for option in certificate["DomainValidationOptions"]):
        certificate["Status"] = ISSUED


def published(record: dict[str, str]) -> bool:
    """Whether a public hosted zone of the account that the name belongs to has the record."""
    for zone in route53._zones.values():
        if zone.get("private") or not record["Name"].endswith(f".{zone['name']}"):
            continue
        for one in route53._records.get(zone["id"], []):
            names = (one["Name"], one["Type"]) == (record["Name"], record["Type"])
            if names and record["Value"].rstrip(".") in [value.rstrip(".") for value in one.get("ResourceRecords", [])]:
                return True
    return False
