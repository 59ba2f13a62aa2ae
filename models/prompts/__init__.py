"""The network that responds to a person's box, click or scribble: its training and export."""
