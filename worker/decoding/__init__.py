"""Untrusted bytes become pixels in a process of their own, which may loop, crash or be killed."""

from worker.decoding.door import Door, decode, decode_label, warm_up
from worker.decoding.wire import Allowance

__all__ = ["Allowance", "Door", "decode", "decode_label", "warm_up"]
