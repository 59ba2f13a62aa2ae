"""A small network that says where the large one has to look for text over echoes."""
