"""One stack: reads its settings and composes the components."""
