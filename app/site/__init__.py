"""The site itself: its key, its data folder, and whether it answers."""
