"""Comparison with other decoders: a matrix of generated files, decoded here and by peers."""
