"""The site itself: its key, its data folder, whether it answers."""
