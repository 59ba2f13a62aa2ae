"""Keys, hashes and pseudonyms. No password or token is ever stored or logged as such."""

import hashlib
import hmac
import os
import secrets
import threading
import unicodedata
from base64 import b32encode
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pwdlib import PasswordHash

from app.core.disk import sync
from app.core.settings import Settings

MIN_SITE_KEY = 32
NEXT_KEY = "site.key.next"
TOKEN_PREFIX = "slp_"  # noqa: S105  (a prefix, so that secret scanners find leaked tokens)


class SiteKeyError(Exception):
    """The site key is missing, too short, or not the one that this data was written with."""


class SealBrokenError(Exception):
    """A sealed value cannot be opened with this site's key."""


_NONCE_BYTES = 12
_LEAST_DAYS, _DAYS = 366, 3653
_PASSWORDS = PasswordHash.recommended()
# Each hash takes 64 MiB and all cores; a flood of sign-ins must not exhaust the memory.
_HASHING = threading.BoundedSemaphore(4)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password; it takes some 100 ms and 64 MiB on purpose."""
    with _HASHING:
        return _PASSWORDS.hash(_normal(password))


def _normal(password: str) -> str:
    """Normalise a password, so that it is the same on another keyboard (NIST SP 800-63B, NFKC)."""
    return unicodedata.normalize("NFKC", password)


@lru_cache
def _dummy_hash() -> str:
    return hash_password(secrets.token_urlsafe())


def verify_password(password: str, hashed: str | None) -> bool:
    """Return whether the password is right; takes just as long if there is no such account."""
    dummy = _dummy_hash()  # always, or the first unknown account would take longer
    with _HASHING:
        right = _PASSWORDS.verify(_normal(password), hashed or dummy)
    return right and hashed is not None


def new_secret() -> str:
    """Return 256 random bits for a session, a link or a token, URL-safe."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Return the SHA-256 of a random secret, in hexadecimal. It is stored instead of the secret:
    enough to find the row, useless to whoever reads it."""
    return hashlib.sha256(secret.encode()).hexdigest()


class SiteKey:
    """The site's key and the sub-keys derived from it, one per purpose."""

    def __init__(self, key: bytes) -> None:
        if len(key) < MIN_SITE_KEY:
            raise SiteKeyError(
                f"SONOLOOP_SITE_KEY must have at least {MIN_SITE_KEY} characters. "
                "Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
            )
        self._key = key
        self._ciphers: dict[str, AESGCM] = {}
        self._carried_purposes: Collection[str] = ()
        self._find_carried: Callable[[], Mapping[str, bytes]] | None = None
        self._carried: Mapping[str, bytes] | None = None

    def carry(self, purposes: Collection[str], find: Callable[[], Mapping[str, bytes]]) -> None:
        """For these purposes use the sub-keys of an earlier key that `find` returns, if any.

        `find` is called once, when one of them is first needed.
        """
        self._carried_purposes, self._find_carried = purposes, find

    def subkey(self, purpose: str) -> bytes:
        """Return the 32 bytes for one purpose."""
        if purpose in self._carried_purposes and self._find_carried is not None:
            if self._carried is None:
                self._carried = self._find_carried()
            if purpose in self._carried:
                return self._carried[purpose]
        return hmac.digest(self._key, b"sonoloop/" + purpose.encode(), "sha256")

    def pseudonym(self, identifier: str) -> str:
        """Return the pseudonym of a patient or study identifier: HMAC-SHA256, hex.

        White space and letter case do not make another patient.
        """
        normal = " ".join(identifier.split()).casefold()
        return hmac.new(self.subkey("pseudonym"), normal.encode(), hashlib.sha256).hexdigest()

    def days_earlier(self, pseudonym: str) -> int:
        """Return by how many days the dates of a patient with this pseudonym are shifted back.

        One to eleven years, the same for all data of the patient, and as secret as the pseudonym.
        Like pseudonyms, it survives a rotation of the site key.
        """
        digest = hmac.digest(
            self.subkey("pseudonym"), b"days-earlier/" + pseudonym.encode(), "sha256"
        )
        return _LEAST_DAYS + int.from_bytes(digest[:8]) % _DAYS

    def seal(self, purpose: str, text: bytes, bound: bytes) -> bytes:
        """Encrypt what only this site may read: AES-256-GCM with a separate key per purpose.

        Args:
            bound: what the text belongs to; it can be opened only with the same value.

        Returns:
            A random nonce of 12 bytes, then the ciphertext with its tag.
        """
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher(purpose).encrypt(nonce, text, bound)

    def open(self, purpose: str, sealed: bytes, bound: bytes) -> bytes:
        """Open bytes that :meth:`seal` sealed.

        Raises:
            SealBrokenError: sealed under another key, bound to something else, or changed since.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher(purpose).decrypt(nonce, rest, bound)
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("this was not sealed under the key of this site") from error

    def _cipher(self, purpose: str) -> AESGCM:
        if purpose not in self._ciphers:
            self._ciphers[purpose] = AESGCM(self.subkey(f"seal/{purpose}"))
        return self._ciphers[purpose]

    def sign(self, message: bytes) -> str:
        """Return the HMAC-SHA256 of an audit event, hex."""
        return hmac.new(self.subkey("audit"), message, hashlib.sha256).hexdigest()

    def fingerprint(self) -> str:
        """Return a text that identifies the key without revealing it."""
        return hmac.new(self._key, b"sonoloop/fingerprint", hashlib.sha256).hexdigest()[:16]


def subject_code(pseudonym: str) -> str:
    """Return a short code of a pseudonym for people to read, such as ``S-7F3K2QXA``."""
    return "S-" + b32encode(bytes.fromhex(pseudonym[:10])).decode()


def load_site_key(settings: Settings) -> SiteKey:
    """Return the key from the settings, or the one in ``data_dir/site.key``, made on first use.

    Raises:
        SiteKeyError: the key is too short.
    """
    if settings.site_key is not None:
        return SiteKey(settings.site_key.get_secret_value().encode())
    path = settings.data_dir / "site.key"
    try:
        return SiteKey(path.read_bytes().strip())
    except FileNotFoundError:
        return SiteKey(_create_key(path))


def new_site_key() -> bytes:
    """Return a random key, as the site makes for itself."""
    return secrets.token_urlsafe(48).encode()


def put_next_key(data_dir: Path, key: bytes) -> None:
    """Write a key beside the current one, for :func:`take_next_key` to put in its place."""
    partial = data_dir / f".site.key.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(data_dir / NEXT_KEY)
    sync(data_dir)


def next_key(data_dir: Path) -> SiteKey | None:
    """Return the key that a rotation left beside the current one, or None."""
    try:
        return SiteKey((data_dir / NEXT_KEY).read_bytes().strip())
    except FileNotFoundError:
        return None


def take_next_key(data_dir: Path) -> None:
    """Replace the current key with the next one."""
    (data_dir / NEXT_KEY).replace(data_dir / "site.key")
    sync(data_dir)


def _create_key(path: Path) -> bytes:
    """Write a new key atomically; if another process was first, return that one's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    key = new_site_key()
    partial = path.with_name(f".site.key.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # fails if another process was first
    except FileExistsError:
        return path.read_bytes().strip()
    finally:
        partial.unlink(missing_ok=True)
    return key
