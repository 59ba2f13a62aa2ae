"""Answers to a person who is drawing: a lesion refined by scribbles, a lesion found in a box."""
