"""Segmenters without learning, which Li et al. 2021 name as earlier methods: comparison baselines.

Each takes a grey image and proposes regions; one rule, :mod:`models.classical.choice`, picks the
lesion among them for all methods.
"""

from models.classical.method import Method
from models.classical.network import ClassicalNetwork
from models.classical.registry import METHODS

__all__ = ["METHODS", "ClassicalNetwork", "Method"]
