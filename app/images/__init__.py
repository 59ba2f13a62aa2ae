"""Images that were ingested: de-identified frames, their subjects, the worklist."""
