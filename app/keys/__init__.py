"""Replacing the site key."""
