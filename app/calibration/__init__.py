"""Spacing measured by hand, if a file does not state it."""
