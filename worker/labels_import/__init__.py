"""Import of labels drawn elsewhere: reading untrusted archives, checking and storing them."""
