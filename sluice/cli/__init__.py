"""``sluice``: what operators do to a stack between two runs of `pulumi up`.

One file a verb. It imports the gate and boto3, never Pulumi: a stack is found by asking the `pulumi` command.
"""
