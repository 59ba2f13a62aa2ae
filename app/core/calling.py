"""Calling addresses that people typed: only hosts that the site allows, and no private ones.

The name is looked up once, and the address that was checked is the one that is called: a name that
points elsewhere a moment later (DNS rebinding) gains nothing. Redirects are answers, not followed.
"""

import http.client
import socket
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.core.settings import Settings

CONNECT_SECONDS = 10


class NotAllowedError(Exception):
    """The address must not be called; says why and what to do."""


def require_allowed(settings: Settings, url: str) -> None:
    """Refuse an address whose host the site does not allow.

    Raises:
        NotAllowedError: it is none of `SONOLOOP_WEBHOOK_HOSTS`, or not https.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise NotAllowedError("Write a whole address, such as https://his.example.org/sonoloop.")
    if parts.scheme == "http" and not settings.webhook_private:
        raise NotAllowedError("The address must begin with https.")
    if host not in {name.lower() for name in settings.webhook_hosts}:
        raise NotAllowedError(
            f"The host {host} is not allowed; an administrator allows it with "
            "SONOLOOP_WEBHOOK_HOSTS."
        )


def post(
    settings: Settings, url: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> int:
    """POST to an allowed address; the status of the answer, whose body is not read.

    Raises:
        NotAllowedError: the host is not allowed, or is at a private address.
        OSError: it does not answer.
    """
    require_allowed(settings, url)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(settings, host, port)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    plain = socket.create_connection((address, port), CONNECT_SECONDS)
    try:
        plain.settimeout(seconds)
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
        else:
            connection.sock = plain
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise OSError("no HTTP answer") from error
    finally:
        connection.close()
        plain.close()


def _address(settings: Settings, host: str, port: int) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not settings.webhook_private:
        for one in addresses:
            if not ip_address(one.partition("%")[0]).is_global:
                raise NotAllowedError(
                    f"The host {host} is at a private address; an administrator allows such with "
                    "SONOLOOP_WEBHOOK_PRIVATE."
                )
    return addresses[0]
