"""Projects: what people list, count and export belongs to one, and each has its own rules."""
