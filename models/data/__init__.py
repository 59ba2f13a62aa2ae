"""Images with masks: listing, reading, splitting, importing and varying them."""
