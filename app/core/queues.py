"""The names of the queues, for code that does not need the broker."""

SEGMENT_QUEUE = "sonoloop.segment"
"""Short jobs that a person waits for."""
BACKGROUND_QUEUE = "sonoloop.background"
"""Jobs that take minutes or hours: exports, imports."""
TRAIN_QUEUE = "sonoloop.train"
"""Training, which takes hours and needs the extra `train`."""
INTERACTIVE_QUEUE = "sonoloop.interactive"
"""Answers to a person who is drawing; must never wait behind an upload."""
QUEUES = {
    "segment": SEGMENT_QUEUE,
    "interactive": INTERACTIVE_QUEUE,
    "background": BACKGROUND_QUEUE,
    "train": TRAIN_QUEUE,
}
"""Queues by the name that people give to ``sonoloop worker --queue``."""
