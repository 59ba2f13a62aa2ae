"""What the site does for a person right now: their jobs, and news as they happen."""
