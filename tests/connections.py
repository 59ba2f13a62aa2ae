"""Limits on the connections from tests to a running product."""

import httpx

BRIEFLY = httpx.Limits(keepalive_expiry=2)
"""The server closes a connection after 5 s idle; a request sent on it at that moment is lost."""
