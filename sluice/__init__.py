"""The deploy gate: run an image's migrations as one-off tasks, watch a rollout to its end, explain what went wrong.

Everything here works on boto3 and the standard library; only :mod:`sluice.sdk`, :mod:`sluice.provider` and
:mod:`sluice.protocol` know Pulumi.
"""
