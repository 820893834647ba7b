"""Load balancers, target groups, and where tasks are placed."""
