"""A person's own settings of the pages."""
