"""Models of the registry: what a version is made of, how it comes in, where workers keep it."""
