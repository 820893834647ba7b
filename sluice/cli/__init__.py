"""``sluice``: the operators' commands for a stack between two runs of `pulumi up`.

One file per command. They use the gate and boto3, never Pulumi: the `pulumi` command names the stack.
"""
