"""Removes a scanner's writing about a person from the pixels, and reports doubtful areas."""

from worker.deidentify.boxes import BoxKind, Deidentified, TextBox
from worker.deidentify.clean import deidentify

__all__ = ["BoxKind", "Deidentified", "TextBox", "deidentify"]
