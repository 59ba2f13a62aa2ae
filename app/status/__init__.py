"""Whether the parts of the product work: for machines (`/readyz`) and for people (`doctor`)."""
