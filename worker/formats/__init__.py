"""Data sets in the formats that others read: one file per format, with its writer and reader."""
