"""Setting which systems are told of a project's events."""
