"""What the site does by itself: rings again, takes jobs back, deletes what nobody needs."""
