"""The service's own name: a certificate for it, and the record that leads to the load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

VALIDATION_TTL = 300
"""Seconds."""


@dataclass(frozen=True)
class CertificateArgs:
    """Inputs of Certificate.

    Attributes:
        host: the name.
        zone_id: of the Route 53 hosted zone that the name is in.
    """

    host: str
    zone_id: str


class Certificate(pulumi.ComponentResource):
    """A certificate of AWS Certificate Manager, which asks the DNS whether the name is ours; the record that answers
    stays, because every renewal asks again ("DNS validation" in the ACM user guide).

    Outputs: arn, known only when the certificate is issued: no listener takes it before.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            name,
            domain_name=args.host,
            validation_method="DNS",
            tags={"Name": name},
            opts=child,
        )
        asked = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-validation",
            zone_id=args.zone_id,
            name=asked.resource_record_name,
            type=asked.resource_record_type,
            records=[asked.resource_record_value],
            ttl=VALIDATION_TTL,
            # ACM asks for the same record for the same name again: an earlier certificate's may still be there.
            allow_overwrite=True,
            opts=child,
        )
        issued = aws.acm.CertificateValidation(
            name, certificate_arn=certificate.arn, validation_record_fqdns=[record.fqdn], opts=child
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})


@dataclass(frozen=True)
class AliasArgs:
    """Inputs of Alias.

    Attributes:
        host: the name.
        zone_id: of the hosted zone that the name is in.
        target, target_zone_id: a load balancer's DNS name, and its Route 53 zone.
    """

    host: str
    zone_id: str
    target: pulumi.Input[str]
    target_zone_id: pulumi.Input[str]


class Alias(pulumi.ComponentResource):
    """A name that answers with a load balancer's addresses."""

    def __init__(self, name: str, args: AliasArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Alias", name, None, opts)
        aws.route53.Record(
            name,
            zone_id=args.zone_id,
            name=args.host,
            type="A",
            aliases=[{"name": args.target, "zone_id": args.target_zone_id, "evaluate_target_health": False}],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
