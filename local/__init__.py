"""The `make` commands and the set-up of this machine; nothing else of the project imports it."""
