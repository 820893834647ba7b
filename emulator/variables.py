"""Environment variables that the emulator and whoever starts it agree on."""

from __future__ import annotations

BUNDLE = "certificates.pem"
"""In the local folder: what a program on the local stack trusts, the certificates of its load balancers included. The
local cloud writes it at its start."""


REGISTRY_PASSWORD = "SLUICE_REGISTRY_PASSWORD"  # noqa: S105 - the variable's name
"""Of the local container registry, whose user is `AWS`."""
