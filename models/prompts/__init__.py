"""The network that answers a person's box, click or scribble: its training and its export."""
