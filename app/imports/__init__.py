"""Imports: labels that were drawn elsewhere, checked first, then stored as revisions."""
