"""Projects: what people list, count and export belongs to a project, which has its own rules."""
