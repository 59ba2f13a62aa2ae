"""How a person has set up the pages for themselves."""
