"""`python -m check`: what `make check` runs once set-up is done."""

import sys

from check.command import main

sys.exit(main(sys.argv[1:]))
