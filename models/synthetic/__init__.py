"""Synthetic B-mode ultrasound with exactly known lesions.

The modules follow the path of the sound: :mod:`scene` (tissue and lesions, mm), :mod:`transducer`
and :mod:`speckle` (echoes), :mod:`geometry` (beams to pixels), :mod:`scan` (all of them), then
:mod:`furniture` (what a scanner burns in), :mod:`dicom` and :mod:`dataset` (files). Whole screens,
with every letter known, are in :mod:`screens`, :mod:`more_screens` and :mod:`unseen_screens`, drawn
on a :mod:`canvas`.
"""

from models.synthetic.furniture import Furniture, burn_in
from models.synthetic.geometry import Curved, Geometry, Linear, Placement
from models.synthetic.lesion import Lesion, Septum
from models.synthetic.organs import KINDS, ORGANS, Organ, random_lesion, random_scan
from models.synthetic.outline import Outline
from models.synthetic.scan import Display, SyntheticImage, scan
from models.synthetic.scene import Layer, Scene
from models.synthetic.transducer import Transducer

__all__ = [
    "KINDS",
    "ORGANS",
    "Curved",
    "Display",
    "Furniture",
    "Geometry",
    "Layer",
    "Lesion",
    "Linear",
    "Organ",
    "Outline",
    "Placement",
    "Scene",
    "Septum",
    "SyntheticImage",
    "Transducer",
    "burn_in",
    "random_lesion",
    "random_scan",
    "scan",
]
