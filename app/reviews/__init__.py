"""Readings, reviews and agreement: how a correction becomes an approved mask."""
