"""A small network that finds where the large one should look for text over echoes."""
