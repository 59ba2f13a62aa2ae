"""Retention rules: each project archives and deletes automatically after a number of days."""
