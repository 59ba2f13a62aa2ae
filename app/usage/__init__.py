"""Bytes in the blob store, by person and by project."""
