"""Exit codes of `sluice`. `sluice run` returns its command's own code; with --json, `outcome` distinguishes the two."""

OK = 0
FAILED = 1
"""A check failed, the service is not healthy, a rollback failed, or a command ended without an exit code."""
USAGE = 2
REFUSED = 3
"""Nothing was done: another run is in progress, no such stack, wrong account, no such release."""
UNKNOWN = 4
"""AWS stopped answering; what was started keeps running."""
INTERRUPTED = 130
