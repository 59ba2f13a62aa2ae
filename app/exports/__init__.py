"""Exports: the training pool or a part of it, as an archive in a format that other programs
read."""
