"""Services: the scheduler, its deployments and their records, events and alarms."""
