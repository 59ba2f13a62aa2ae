"""Classical methods by name."""

from __future__ import annotations

from models.classical.canny import CannyFill
from models.classical.fuzzy_cmeans import FuzzyCMeans
from models.classical.method import Method
from models.classical.normalised_cut import NormalisedCut
from models.classical.otsu import Otsu
from models.classical.region_growing import RegionGrowing
from models.classical.watershed import Watershed

METHODS: dict[str, type[Method]] = {
    "otsu": Otsu,
    "region-growing": RegionGrowing,
    "canny": CannyFill,
    "watershed": Watershed,
    "fuzzy-c-means": FuzzyCMeans,
    "normalised-cut": NormalisedCut,
}
