"""Comments pinned to places of an image."""
