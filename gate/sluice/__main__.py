"""`python -m gate.sluice`, which is what `bin/sluice` runs."""

import sys

from gate.sluice.command import main

sys.exit(main(sys.argv[1:]))
