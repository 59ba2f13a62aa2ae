"""Stored pictures: reading them, finding them by their pixels, and known text in them."""
