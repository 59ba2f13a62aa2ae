"""Bytes in the blob store, and whose they are."""
