"""Segmenters without learning, named as the past by Li et al. 2021: the baselines of a comparison.

Each takes a grey image and proposes regions; one rule, :mod:`models.classical.choice`, picks the
lesion among them for all methods.
"""

from models.classical.method import Method
from models.classical.network import ClassicalNetwork
from models.classical.registry import METHODS

__all__ = ["METHODS", "ClassicalNetwork", "Method"]
