"""Evaluations: the answers of two versions to the same frozen images, a row for each image."""
