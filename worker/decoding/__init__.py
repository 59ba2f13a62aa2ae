"""Decoding of untrusted bytes in a separate process, which may loop, crash or be killed."""

from worker.decoding.answers import Playing
from worker.decoding.decoder import Decoder, decode, decode_label, play, share_server
from worker.decoding.wire import Allowance

__all__ = [
    "Allowance",
    "Decoder",
    "Playing",
    "decode",
    "decode_label",
    "play",
    "share_server",
]
