"""The kinds of values that settings are made of: the base model, ARNs, references to secrets, variables, AWS sizes."""
