"""Measuring masks of the product's pipeline against the truth."""
