"""How many bytes lie in the blob store, and whose they are."""
