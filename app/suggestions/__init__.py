"""Lesions of corrected frames of a cine, suggested on the frames around them."""
