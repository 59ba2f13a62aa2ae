"""Settings that an administrator changes while the site runs; they override the environment."""
