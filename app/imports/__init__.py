"""Imports: labels drawn elsewhere, first checked, then stored as revisions."""
