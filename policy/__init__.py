"""The policy pack and its rules; see docs/policy.md."""
