"""Flow logs of a VPC (botocore service ``ec2``). AWS changes none: every change is a new one."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.property import REPLACE, Operation, Property

FLOW_LOG = Entry(
    "aws:ec2/flowLog:FlowLog", "ec2",
    create=Operation("create_flow_logs", {"ResourceType": "VPC"}, unsuccessful="Unsuccessful[0].Error.Message"),
    read=Operation("describe_flow_logs", {"FlowLogIds": ["$id"]}), item="FlowLogs[0]", id="FlowLogIds[0]",
    delete=Operation("delete_flow_logs", {"FlowLogIds": ["$id"]}),
    properties={
        "vpcId": Property("ResourceIds[]", replace=True, seen="ResourceId"),
        "trafficType": REPLACE,
        "logDestinationType": REPLACE,
        "logDestination": REPLACE,
    },
    outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"},
    gone=("InvalidFlowLogId.NotFound",),
    tag_type="vpc-flow-log",
)  # fmt: skip

ENTRIES = (FLOW_LOG,)
