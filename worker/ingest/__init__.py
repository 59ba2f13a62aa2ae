"""From untrusted bytes to a frame: sniffing, limits, decoding, de-identification."""

from worker.ingest.decode import Decoded, decode
from worker.ingest.deidentify import deidentify
from worker.ingest.errors import DecodeError, DecodeLimits
from worker.pipeline.frame import Frame, Region

__all__ = [
    "DecodeError",
    "DecodeLimits",
    "Decoded",
    "Frame",
    "Region",
    "decode",
    "deidentify",
]
