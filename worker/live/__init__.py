"""`sonoloop live`: what a scanner shows, outlined as it comes, on a page of this machine."""
