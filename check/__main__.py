"""`python -m check`, which `make check` runs after set-up."""

import sys

from check.command import main

sys.exit(main(sys.argv[1:]))
