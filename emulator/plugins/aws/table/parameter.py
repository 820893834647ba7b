"""Parameters (botocore service ``ssm``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.property import UNSEEN, Operation, Property

_NAME = {"Name": "$id"}

PARAMETER = Entry(
    "aws:ssm/parameter:Parameter", "ssm",
    create=Operation("put_parameter"),
    read=Operation("get_parameter", _NAME), item="Parameter", id="$name",
    update=Operation("put_parameter", {**_NAME, "Overwrite": True}),
    delete=Operation("delete_parameter", _NAME),
    properties={
        "name": Property(replace=True),
        "type": Property(replace=True),
        "description": Property(seen=UNSEEN),
        "insecureValue": Property("Value"),
    },
    outputs={"arn": "ARN", "version": "Version"},
    gone=("ParameterNotFound",),
)  # fmt: skip

ENTRIES = (PARAMETER,)
