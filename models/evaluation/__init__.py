"""Masks of the product's pipeline measured against the truth."""
