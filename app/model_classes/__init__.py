"""The mapping of models' classes to a project's classes."""
