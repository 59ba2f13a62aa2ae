"""Local labels: an image's file name and case as the site calls them, sealed and shown to few."""
