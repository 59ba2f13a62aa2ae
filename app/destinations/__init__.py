"""Destinations of results: set them, see what was delivered, send again."""
