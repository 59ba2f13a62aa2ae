"""``POST /segment``: an image in, a lesion mask out."""
