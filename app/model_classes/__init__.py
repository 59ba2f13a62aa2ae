"""Where the classes go that models name, by project."""
