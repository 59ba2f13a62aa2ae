"""Webhooks: addresses of other systems, and a job for each message."""
