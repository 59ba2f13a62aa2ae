"""Shadows: versions that run beside the one that serves, seen only by admins."""
