"""The promise under an API that lies: see docs/chaos.md."""
