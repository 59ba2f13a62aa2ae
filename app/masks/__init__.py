"""Masks: immutable revisions of what is lesion in a frame."""
