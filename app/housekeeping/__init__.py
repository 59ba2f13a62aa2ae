"""What the site does by itself: repeats messages, takes jobs back, deletes what nobody needs."""
