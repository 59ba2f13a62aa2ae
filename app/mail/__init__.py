"""Messages by e-mail, where the site has a server for them."""
