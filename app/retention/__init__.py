"""Retention rules: each project archives and deletes by itself after a number of days."""
