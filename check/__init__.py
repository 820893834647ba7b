"""`make check`: checks an application before the merge, on this machine, for what would fail in a deploy."""
