"""The rules that a stack's resources are judged by, as plain functions on plain data.

Imports are relative: this package is `readiness` for Pulumi, which runs the pack's folder, and `policy.readiness` for
the checks, which run in the checkout.
"""
