"""Making projects, their rules, and who works in them."""
