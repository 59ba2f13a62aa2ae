"""A signed bundle from another site: used only if its signature and digests are valid.

A ZIP of stored files: `manifest.json`, `manifest.sig` (64 bytes, Ed25519 of RFC 8032 over the bytes
of the manifest) and what the manifest lists with size and SHA-256. Nothing else is read before the
caller has confirmed that the key in the manifest is trusted and that the signature is by that key.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import date
from typing import IO, Annotated, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from app.core.zip_damage import DAMAGE, directory_bytes, is_damage

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
LARGEST_MANIFEST = 256 * 1024
LARGEST_EVALUATION = 64 * 1024 * 1024
MOST_FILES = 24
_LARGEST_DIRECTORY = 64 * 1024
_PIECE = 1024 * 1024
KEY_PREFIX = "ed25519:"

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Text = Annotated[str, StringConstraints(max_length=500)]


class BundleError(Exception):
    """The bundle is refused.

    Args:
        code: a stable code.
        message: one sentence with what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


class BundledFile(_Part):
    """A file of a bundle."""

    size: int = Field(ge=0)
    sha256: Digest


class BundledModel(_Part):
    """A model update as its site describes it."""

    name: Text
    version: Text
    digest: Digest
    parent: Text | None
    parent_digest: Digest | None
    training_images: int = Field(ge=0)


class BundledPool(_Part):
    """The pool in a bundle, as the sending site describes it."""

    images: int = Field(ge=0)
    patients: int = Field(ge=0)


class Manifest(_Part):
    """The manifest of a bundle."""

    format: Literal["sonoloop-bundle"]
    version: Literal[1]
    kind: Literal["model", "pool"]
    key: Text
    created: date
    software: Text
    licence: Text
    model: BundledModel | None = None
    pool: BundledPool | None = None
    files: dict[FileName, BundledFile] = Field(max_length=MOST_FILES)


class Bundle:
    """An open bundle whose signature has not been verified yet.

    Args:
        file: file with the whole bundle.
        most: most bytes of all its files.

    Raises:
        BundleError: it is damaged, too large, or not a bundle.
        OSError: this machine is out of disk space.
    """

    def __init__(self, file: IO[bytes], most: int) -> None:
        damaged = BundleError(
            "bundle-damaged", "The bundle is damaged or cut short; have it sent again."
        )
        try:
            if directory_bytes(file) > _LARGEST_DIRECTORY:
                raise BundleError("not-a-bundle", "This ZIP lists more files than a bundle has.")
            self._zip = zipfile.ZipFile(file)
            entries = self._zip.infolist()
            self._entries = {one.filename: one for one in entries}
            if len(self._entries) < len(entries) or len(entries) > MOST_FILES + 2:
                raise BundleError("not-a-bundle", "This ZIP has other files than a bundle has.")
            if any(one.compress_type != zipfile.ZIP_STORED for one in entries):
                raise BundleError("not-a-bundle", "The files of a bundle are not compressed.")
            if sum(one.file_size for one in entries) > most:
                raise BundleError("bundle-too-large", f"The bundle has more than {most:,} bytes.")
            if not {MANIFEST, SIGNATURE} <= self._entries.keys():
                raise BundleError(
                    "not-signed",
                    "This is not a signed bundle: it has no manifest with a signature. Have it "
                    "made with `sonoloop bundle export`.",
                )
            self.manifest_bytes = self._small(MANIFEST, LARGEST_MANIFEST)
            self._signature = self._small(SIGNATURE, 64)
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise damaged from error
        try:
            said = json.loads(self.manifest_bytes)
            self.key = str(said["key"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BundleError("not-a-bundle", "The manifest cannot be read.") from error

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest, hexadecimal; identifies the whole bundle."""
        return hashlib.sha256(self.manifest_bytes).hexdigest()

    def require_signature(self) -> Manifest:
        """Verify the signature by the named key and return the manifest.

        The caller must first check that the key is trusted.

        Raises:
            BundleError: the signature is not by that key, or the manifest is invalid.
        """
        try:
            public_key(self.key).verify(self._signature, self.manifest_bytes)
        except InvalidSignature as error:
            raise BundleError(
                "wrong-signature",
                "The signature is not that of the key which the bundle names: it was changed "
                "since it was signed. Have it sent again.",
            ) from error
        try:
            manifest = Manifest.model_validate_json(self.manifest_bytes)
        except ValidationError as error:
            raise BundleError(
                "not-a-bundle", "The manifest is not one that this version understands."
            ) from error
        if set(manifest.files) | {MANIFEST, SIGNATURE} != set(self._entries):
            raise BundleError("wrong-files", "The bundle has other files than its manifest lists.")
        return manifest

    def pieces(self, manifest: Manifest, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file; the last piece comes only if the digest is right.

        Raises:
            BundleError: the file is not the one that the manifest lists.
        """
        wanted, digest, held = manifest.files[name], hashlib.sha256(), b""
        wrong = BundleError(
            "wrong-digest", f"{name} is not the file that was signed; have the bundle sent again."
        )
        entry = self._entries[name]
        if entry.file_size != wanted.size:
            raise wrong
        try:
            with self._zip.open(entry) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    if held:
                        yield held
                    held = piece
        except DAMAGE as error:
            if not is_damage(error):
                raise
            raise wrong from error
        if digest.hexdigest() != wanted.sha256:
            raise wrong
        if held:
            yield held

    def _small(self, name: str, most: int) -> bytes:
        if self._entries[name].file_size > most:
            raise BundleError("not-a-bundle", f"{name} is larger than that of a bundle.")
        return self._zip.read(name)


def public_key(text: str) -> Ed25519PublicKey:
    """Return the public key in a text.

    Raises:
        BundleError: it contains none.
    """
    try:
        if not text.startswith(KEY_PREFIX):
            raise ValueError(text)
        raw = urlsafe_b64decode(text.removeprefix(KEY_PREFIX) + "=")
        return Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, TypeError) as error:
        raise BundleError("not-a-key", "The bundle names no key that can be used.") from error
