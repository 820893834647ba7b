"""`python -m sluice.cli`, which is what `bin/sluice` runs."""

from sluice.cli.command import entry

entry()
