"""Millimetres by hand, where a file does not state them."""
