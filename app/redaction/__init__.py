"""Redaction: what looks like text in a picture, what people say of it, and black boxes for good."""
