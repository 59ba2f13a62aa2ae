"""Redaction: areas that look like text, people's judgements of them, and black boxes."""
