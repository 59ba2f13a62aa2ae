"""The languages that the pages speak."""

from typing import Literal

Language = Literal["en", "zh-Hans", "de", "es"]
"""A language that the pages speak (BCP 47)."""
