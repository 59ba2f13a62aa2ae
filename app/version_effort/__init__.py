"""What correcting cost by the version that made the first outline."""
