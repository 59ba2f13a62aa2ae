"""Models of the registry: the files of a version, its import, and the workers' copies."""
