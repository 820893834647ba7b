"""The policy pack: `pulumi preview --policy-pack policy`, `pulumi up --policy-pack policy`."""

from readiness.pack import start

start()
