"""Local labels: an image's file name and case as the site names them, sealed and shown to few."""
