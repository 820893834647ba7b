"""`python -m sluice.cli`, which is what `bin/sluice` runs."""

import sys

from sluice.cli.command import main

sys.exit(main(sys.argv[1:]))
