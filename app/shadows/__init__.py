"""Shadows: versions that run beside what serves, seen by admins alone."""
