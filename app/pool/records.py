"""The part of the training pool that a subject belongs to, which depends on the subject alone.

Nothing is random or counted: the part follows from a hash of the pseudonym. So two approvals at
the same moment agree, a subject keeps its part for ever, and a second image of the same subject
cannot end up in another part. The price is that the shares hold only on average.
"""

import hashlib

from app.images.tables import Split

TRAIN_SHARE = 0.70
VALIDATION_SHARE = 0.15
"""The rest is the test split."""

_DOMAIN = b"sonoloop split 1\0"
_SCALE = 1 << 64


def split_of(identity_hex: str) -> Split:
    """Return the part that an identity belongs to: 70 % train, 15 % validation, 15 % test.

    The first 64 bits of the identity's SHA-256 are read as a fraction of 1: below 0.70 is train,
    below 0.85 validation, the rest test. The identity is hashed again although it is already a
    digest: the bits that name the subject elsewhere must not decide the split.

    Args:
        identity_hex: the subject's pseudonym, or the pixel digest of an image without a subject;
            in both cases hexadecimal, at least 128 bits.

    Raises:
        ValueError: not hexadecimal, or too short for a digest.
    """
    identity = bytes.fromhex(identity_hex)
    if len(identity) < 16:
        raise ValueError(
            f"{len(identity)} bytes cannot be a pseudonym or a digest; pass the hexadecimal digest."
        )
    drawn = int.from_bytes(hashlib.sha256(_DOMAIN + identity).digest()[:8], "big") / _SCALE
    if drawn < TRAIN_SHARE:
        return Split.TRAIN
    return Split.VALIDATION if drawn < TRAIN_SHARE + VALIDATION_SHARE else Split.TEST
