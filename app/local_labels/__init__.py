"""What a site calls an image: its file's name and its case, sealed and shown to few."""
