"""Messages by e-mail, if the site has a mail server."""
