"""What writing a result back to where an image came from needs, encrypted under the site key."""
