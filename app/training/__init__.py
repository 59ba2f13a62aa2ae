"""Training a candidate on a project's pool: the snapshot, the run, its progress."""
