"""The AWS of this machine: `cloud`, a corrected MiniStack, and `plugins`, the Pulumi providers for it."""
