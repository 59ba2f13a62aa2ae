"""Rows of a trusted key, as the API stores them."""

from base64 import urlsafe_b64encode
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.accounts.tables import User
from app.bundles.tables import BundleKey
from app.core.ids import new_id
from tests.running_site import Site


def new_key() -> str:
    """Return the public key of an unknown site."""
    raw = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    return "ed25519:" + urlsafe_b64encode(raw).decode().rstrip("=")


def add_bundle_key(site: Site, owner: User) -> UUID:
    """Store a trusted key and return its id."""
    key_id = new_id()
    with site.database.write() as session:
        session.add(
            BundleKey(id=key_id, key=new_key(), name=f"Site {key_id}", created_by_id=owner.id)
        )
    return key_id
