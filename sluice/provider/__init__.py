"""A Pulumi resource provider for the gate, in a process of its own.

docs/decisions/0001-a-provider-process-for-the-gate.md explains why it is not a dynamic provider or a resource hook.
"""
