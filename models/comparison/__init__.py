"""Comparison of methods under one budget on one split; `sonoloop compare` is its command."""
