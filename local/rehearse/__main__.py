"""`python -m local.rehearse COMMAND STACK`, on the project's own environment; `make rehearse` sets it up first."""

import sys

from local.rehearse.command import main

sys.exit(main(sys.argv[1:]))
