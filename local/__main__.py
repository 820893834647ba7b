"""`python3 -m local COMMAND`: what the Makefile calls. Standard library only; any Python 3.11 or newer."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - said before anything newer is imported
    sys.exit("sluice needs Python 3.11 or newer as `python3`; this is " + sys.version.split()[0])

from local.command import main

sys.exit(main(sys.argv[1:]))
