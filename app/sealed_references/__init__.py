"""The identifiers needed to write a result back to an image's source, encrypted under the site
key."""
