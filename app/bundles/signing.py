"""The site's own key pair. It is derived from the site key, so nothing has to be stored; a rotated
site key gives a new pair, which other sites have to trust again."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.core.problems import Problem
from app.core.security import SiteKey

_PREFIX = "ed25519:"


def own_key(key: SiteKey) -> str:
    """Return the public key in its written form."""
    public = _private(key).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return _PREFIX + urlsafe_b64encode(public).decode().rstrip("=")


def signed(key: SiteKey, manifest: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return a manifest's bytes and the Ed25519 signature over them."""
    content = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode()
    return content, _private(key).sign(content)


def require_key(text: str) -> str:
    """Return a public key that a person typed, in its canonical spelling.

    Raises:
        Problem: 422 if it is not a key.
    """
    wrong = Problem(
        422,
        "not-a-key",
        "This is not a site's key. The other site's Models page, or `sonoloop bundle key`, shows "
        "it: `ed25519:` and 43 characters.",
    )
    text = text.strip()
    try:
        raw = urlsafe_b64decode(text.removeprefix(_PREFIX) + "=")
        Ed25519PublicKey.from_public_bytes(raw)
    except ValueError as error:
        raise wrong from error
    again = _PREFIX + urlsafe_b64encode(raw).decode().rstrip("=")
    if again != text:
        raise wrong
    return text


def _private(key: SiteKey) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(key.subkey("bundle"))
