"""Stored pictures: reading them, finding them by their pixels, what is known of text in them."""
