"""Who came: the load balancer's access logs and the VPC's flow logs, in a bucket of the stack's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.network.existing_network import ExistingNetwork
from infra.network.network import Network
from infra.ordering import after
from infra.policies import AccountRegion
from infra.settings.settings import Settings

BALANCER, FLOW = "load-balancer", "flow"
"""How the keys of either kind begin."""

TRAFFIC = {"rejected": "REJECT", "all": "ALL"}

ACCOUNTS = {
    "af-south-1": "098369216593", "ap-east-1": "754344448648", "ap-northeast-1": "582318560864",
    "ap-northeast-2": "600734575887", "ap-northeast-3": "383597477331", "ap-south-1": "718504428378",
    "ap-southeast-1": "114774131450", "ap-southeast-2": "783225319266", "ap-southeast-3": "589379963580",
    "ca-central-1": "985666609251", "cn-north-1": "638102146993", "cn-northwest-1": "037604701340",
    "eu-central-1": "054676820928", "eu-north-1": "897822967062", "eu-south-1": "635631232127",
    "eu-west-1": "156460612806", "eu-west-2": "652711504416", "eu-west-3": "009996457667",
    "me-south-1": "076674570225", "sa-east-1": "507241528517", "us-east-1": "127311923021",
    "us-east-2": "033677994240", "us-gov-east-1": "190560391635", "us-gov-west-1": "048591011584",
    "us-west-1": "027434742980", "us-west-2": "797873946194",
}  # fmt: skip
"""The account of Elastic Load Balancing that writes access logs, in Regions from before August 2022; in newer ones a
service does ("Enable access logs for your Application Load Balancer" in the Elastic Load Balancing user guide)."""

DELIVERY = "logdelivery.elasticloadbalancing.amazonaws.com"


@dataclass(frozen=True)
class TrafficLogsArgs:
    """Inputs of TrafficLogs.

    Attributes:
        region: of the stack.
        days: that a log is kept.
        protected: whether a bucket that still holds logs is kept.
        vpc_id, flow: whose connections are logged, and which (`REJECT`, `ALL`); None for none.
    """

    region: str
    days: int
    protected: bool
    vpc_id: pulumi.Input[str] | None = None
    flow: str | None = None


class TrafficLogs(pulumi.ComponentResource):
    """A bucket that AWS alone writes to.

    Outputs: bucket, its name, known only when the load balancer may write to it: AWS tries that when access logs are
    switched on.
    """

    bucket: pulumi.Output[str]

    def __init__(self, name: str, args: TrafficLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:TrafficLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Encrypted by S3's own keys, as every bucket: access logs take no others.
        bucket = aws.s3.Bucket(f"{name}-traffic", force_destroy=not args.protected, opts=child)
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-traffic",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-traffic",
            bucket=bucket.id,
            rules=[{"id": "end", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": args.days}}],
            opts=child,
        )
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        policy = aws.s3.BucketPolicy(
            f"{name}-traffic",
            bucket=bucket.id,
            policy=pulumi.Output.all(bucket.id, caller.arn).apply(
                lambda known: writers(known[0], AccountRegion.of(known[1], args.region))
            ),
            # Not both at once: S3 answers two changes of one bucket's access with a conflict.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[closed]),
        )
        self.bucket = after(bucket.id, policy.id)
        if args.vpc_id is not None and args.flow is not None:
            aws.ec2.FlowLog(
                name,
                vpc_id=args.vpc_id,
                traffic_type=args.flow,
                log_destination_type="s3",
                log_destination=after(bucket.id, policy.id).apply(
                    lambda known: f"arn:{_partition(args.region)}:s3:::{known}/{FLOW}/"
                ),
                opts=child,
            )
        self.register_outputs({"bucket": self.bucket})


def writers(bucket: str, account: AccountRegion) -> str:
    """Lets the load balancers and flow logs of this account write, each below its own prefix, and nobody without TLS.

    Sources: "Enable access logs for your Application Load Balancer" (Elastic Load Balancing user guide), "Amazon S3
    bucket permissions for flow logs" (Amazon VPC user guide).
    """
    arn = f"arn:{account.partition}:s3:::{bucket}"
    known = ACCOUNTS.get(account.region)
    balancer: dict[str, Any] = {"AWS": f"arn:{account.partition}:iam::{known}:root"} if known else {"Service": DELIVERY}
    delivery = {
        "Effect": "Allow",
        "Principal": {"Service": "delivery.logs.amazonaws.com"},
    }
    ours = {
        "StringEquals": {"aws:SourceAccount": account.id},
        "ArnLike": {"aws:SourceArn": f"arn:{account.partition}:logs:{account.region}:{account.id}:*"},
    }
    owned = {**ours, "StringEquals": {**ours["StringEquals"], "s3:x-amz-acl": "bucket-owner-full-control"}}
    statements: Sequence[dict[str, Any]] = [
        {
            "Sid": "LoadBalancer",
            "Effect": "Allow",
            "Principal": balancer,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/{BALANCER}/AWSLogs/{account.id}/*",
        },
        {
            "Sid": "AWSLogDeliveryWrite",
            **delivery,
            "Action": "s3:PutObject",
            "Resource": f"{arn}/{FLOW}/AWSLogs/{account.id}/*",
            "Condition": owned,
        },
        {
            "Sid": "AWSLogDeliveryAclCheck",
            **delivery,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": arn,
            "Condition": ours,
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]
    return policies.document(*statements)


def _partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def traffic_logs_of(
    name: str, stack: Settings, network: Network | ExistingNetwork, opts: pulumi.ResourceOptions
) -> TrafficLogs | None:
    """The bucket, where the settings ask for either kind of logs; with the flow logs of the stack's own VPC."""
    flow = stack.network.flow_logs_in(stack.environment)
    if flow == "off" and not stack.load_balancer.access_logs_in(stack.environment):
        return None
    args = TrafficLogsArgs(
        region=stack.aws.region,
        days=stack.logs.traffic_days,
        protected=stack.protected,
        vpc_id=network.vpc_id,
        flow=TRAFFIC.get(flow),
    )
    return TrafficLogs(name, args, opts)
