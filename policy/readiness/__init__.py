"""The rules that judge a stack's resources, as plain functions on plain data.

Imports are relative: this package is `readiness` for Pulumi, which runs the pack's folder, and `policy.readiness` for
the tests, which run in the checkout.
"""
