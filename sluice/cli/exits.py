"""Exit codes of `sluice`. A command that ran passes its own code on; --json tells the two apart by `outcome`."""

OK = 0
FAILED = 1
"""A check failed, the service is not healthy, a rollback did not work, or a command ended without an exit code."""
USAGE = 2
REFUSED = 3
"""Nothing was done: another run is under way, no such stack, wrong account, no such release."""
UNKNOWN = 4
"""AWS could not be asked any more; what was started goes on."""
INTERRUPTED = 130
