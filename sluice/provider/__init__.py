"""A thin Pulumi resource provider over the gate, run as a process of its own.

Why not a dynamic provider or resource hooks: docs/decisions/0001-a-provider-process-for-the-gate.md.
"""
