"""What an administrator changes of the site while it runs, over the environment."""
