"""Nothing that a scanner wrote about a person stays in the pixels; what is doubtful is said."""

from worker.deidentify.boxes import BoxKind, Deidentified, TextBox
from worker.deidentify.clean import deidentify

__all__ = ["BoxKind", "Deidentified", "TextBox", "deidentify"]
