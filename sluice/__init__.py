"""The deploy gate: run an image's migrations as one-off tasks, watch a rollout until it ends, explain failures.

It needs boto3 and the standard library only. Pulumi is used in :mod:`sluice.sdk`, :mod:`sluice.provider` and
:mod:`sluice.protocol` alone.
"""
