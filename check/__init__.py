"""`make check`: an application before the merge. What a deploy would find out, found out on this machine."""
