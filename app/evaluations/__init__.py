"""Evaluations: what two versions say of the same frozen images, a row for each image."""
