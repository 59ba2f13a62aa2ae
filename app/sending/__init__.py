"""Sending results back: where to, what was delivered, and the job that does it."""
