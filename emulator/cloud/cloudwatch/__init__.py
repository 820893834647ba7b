"""CloudWatch, where the stack's alarms are."""
