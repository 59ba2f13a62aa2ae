"""Exports: the training pool or a part of it, as an archive in a common format."""
