"""Calling addresses that people typed: only hosts that the site allows, and no private ones.

The name is resolved once, and the request goes to the address that was checked, so a name that
points elsewhere a moment later (DNS rebinding) gains nothing. Redirects are not followed.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from app.core.settings import Settings

CONNECT_SECONDS = 10
_NAT64 = ip_network("64:ff9b::/96")
_NAT64_LOCAL = ip_network("64:ff9b:1::/48")
_COMPATIBLE = ip_network("::/96")


class NotAllowedError(Exception):
    """The address must not be called; the message says why and what to do."""


def require_allowed(settings: Settings, url: str) -> None:
    """Refuse an address whose host the site does not allow.

    Raises:
        NotAllowedError: the host is not in `SONOLOOP_WEBHOOK_HOSTS`, or the address is not https.
    """
    whole = NotAllowedError("Write a whole address, such as https://his.example.org/sonoloop.")
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:  # invalid address in brackets, or invalid port
        raise whole from None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise whole
    if not url.isascii() or not url.isprintable():
        raise NotAllowedError("Write the address in ASCII; other characters as %-codes.")
    if parts.scheme == "http" and not settings.webhook_private:
        raise NotAllowedError("The address must begin with https.")
    if host not in {name.lower() for name in settings.webhook_hosts}:
        raise NotAllowedError(
            f"The host {host} is not allowed; an administrator allows it on the page of the "
            "site’s settings, or with SONOLOOP_WEBHOOK_HOSTS."
        )


def post(
    settings: Settings, url: str, body: bytes, headers: Mapping[str, str], seconds: float
) -> int:
    """POST to an allowed address and return the status of the answer; the body is not read.

    Args:
        seconds: time limit of the whole exchange, however slowly the answer arrives.

    Raises:
        NotAllowedError: the host is not allowed, or is at a private address.
        OSError: the host does not answer.
    """
    require_allowed(settings, url)
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(settings, host, port)
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    plain = socket.create_connection((address, port), CONNECT_SECONDS)
    same = plain.dup()
    over = threading.Timer(seconds, _shut, (same,))
    over.start()
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
        over.cancel()
        same.close()
        connection.close()
        plain.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def is_public(address: str) -> bool:
    """Return whether an address is on the public internet. An IPv4 address inside an IPv6 one
    (mapped, compatible, NAT64 or 6to4) is checked too."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found in _NAT64_LOCAL:
            return False
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and (found in _NAT64 or found in _COMPATIBLE):
            inner = ip_address(int(found) & 0xFFFFFFFF)  # type: ignore[assignment]
        if inner is not None and not is_public(str(inner)):
            return False
    return found.is_global and not found.is_multicast and not found.is_unspecified


def _address(settings: Settings, host: str, port: int) -> str:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not settings.webhook_private:
        for one in addresses:
            if not is_public(one):
                raise NotAllowedError(
                    f"The host {host} is at a private address; an administrator allows such with "
                    "SONOLOOP_WEBHOOK_PRIVATE."
                )
    return addresses[0]
