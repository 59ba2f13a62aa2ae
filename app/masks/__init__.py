"""Masks: immutable revisions of which pixels of a frame are lesion."""
