"""Limits on connections that tests keep to a running product."""

import httpx

BRIEFLY = httpx.Limits(keepalive_expiry=2)
"""The server closes a connection that was idle for 5 s; a request on it at that moment is lost."""
