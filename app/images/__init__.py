"""Images that were ingested: de-identified frames and their subjects."""
