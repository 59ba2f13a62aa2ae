"""A person's running jobs, and events as they happen."""
