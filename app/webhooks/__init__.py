"""Settings of webhooks: the systems that receive a project's events."""
