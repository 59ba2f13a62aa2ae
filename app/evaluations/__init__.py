"""Evaluations: two versions compared on the same frozen images, with a row for each image."""
