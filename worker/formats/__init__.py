"""Data sets in common formats: one module per format, with its writer and reader."""
