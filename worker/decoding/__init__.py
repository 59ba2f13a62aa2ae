"""Untrusted bytes become pixels in a process of their own, which may loop, crash or be killed."""

from worker.decoding.door import Door, Playing, decode, decode_label, play, warm_up
from worker.decoding.wire import Allowance

__all__ = ["Allowance", "Door", "Playing", "decode", "decode_label", "play", "warm_up"]
