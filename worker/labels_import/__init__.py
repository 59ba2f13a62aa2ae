"""Labels that were drawn elsewhere: reading untrusted archives, checking them, storing them."""
