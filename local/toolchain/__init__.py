"""Set-up: finds, installs or builds what the local stack needs. Standard library only."""
