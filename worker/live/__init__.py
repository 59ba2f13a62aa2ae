"""`sonoloop live`: outlines a scanner's live picture, on a page served by this machine."""
