"""The Pulumi CLI: how it is run, with which login, and what counts as drift in what it says."""
