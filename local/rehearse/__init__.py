"""A stack's rehearsal: the real program, a copy of the real settings, an emulated account of its own."""
