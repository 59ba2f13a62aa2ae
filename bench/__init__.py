"""Every figure in the README comes from a command here; each is a ratio within one run."""
