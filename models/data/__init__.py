"""Images with masks: listing, reading, splitting, importing and augmenting them."""
