"""Rehearsal of a stack: the real program, a copy of the real settings, an emulated account of its own."""
