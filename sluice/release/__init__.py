"""Releases of a stack: records, holds, promotion."""
