"""Ingested images: de-identified frames and their subjects."""
