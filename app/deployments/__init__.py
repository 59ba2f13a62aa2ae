"""Which model version serves which project, since when, by whose decision and why."""
