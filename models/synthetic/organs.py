"""Organs as they are usually scanned, and random views of them with or without lesions.

Echo, attenuation and sizes have realistic magnitudes (attenuation: Szabo 2014, appendix B), but are
not those of a person. Nothing is fitted to images of patients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from models.synthetic.geometry import Curved, Geometry, Linear, Placement
from models.synthetic.lesion import Lesion, Septum
from models.synthetic.outline import Lobe, Outline
from models.synthetic.scan import Display, SyntheticImage, scan
from models.synthetic.scene import Layer, Scene
from models.synthetic.transducer import Transducer

_FLUID = 0.02
"""dB/(cm·MHz), of water-like fluid."""
_TRIES = 40


@dataclass(frozen=True)
class Organ:
    """How an organ is scanned, and the lesions that may be in it.

    Attributes:
        geometry: the beams.
        transducer: pulse and beam.
        layers: layers of tissue from the probe downwards.
        display: the scanner's display settings.
        kinds: kinds of lesions that occur, as in KINDS.
        region: range of depths in mm in which the middle of a lesion lies.
        size: range of a lesion's mean half axis, mm.
        body_part: for Body Part Examined (0018,0015).
    """

    geometry: Geometry
    transducer: Transducer
    layers: tuple[Layer, ...]
    display: Display
    kinds: tuple[str, ...]
    region: tuple[float, float]
    size: tuple[float, float]
    body_part: str


def _cyst(outline: Outline, rng: np.random.Generator) -> Lesion:
    """Return an almost anechoic lesion with a thin bright wall and enhancement behind it."""
    smooth = replace(outline, lobes=())
    return Lesion(smooth, -rng.uniform(34, 50), _FLUID, rim=rng.uniform(1, 5), rim_width=0.4)


def _solid(outline: Outline, rng: np.random.Generator) -> Lesion:
    """Return a hypoechoic, irregular lesion with a shadow."""
    return Lesion(outline, -rng.uniform(12, 20), rng.uniform(0.9, 1.6), texture=0.6)


def _nodule(outline: Outline, rng: np.random.Generator) -> Lesion:
    """Return a lesion about as echogenic as the tissue around it, with a dark halo."""
    milder = replace(outline, lobes=tuple(lobe._replace(amplitude=0.02) for lobe in outline.lobes))
    width = 0.14 * math.sqrt(outline.axes[0] * outline.axes[1])
    return Lesion(milder, rng.uniform(-3, 1), None, 0.8, -rng.uniform(14, 18), width)


def _complex_cyst(outline: Outline, rng: np.random.Generator) -> Lesion:
    """Return a lesion of fluid with septa and a solid part on the wall."""
    reach = min(outline.axes)
    septa = tuple(
        Septum(rng.uniform(0, 180), rng.uniform(-0.5, 0.5) * reach, rng.uniform(0.05, 0.1) * reach)
        for _ in range(int(rng.integers(1, 4)))
    )
    around = outline.contour(60)[int(rng.integers(60))]
    radius = rng.uniform(0.2, 0.35) * reach
    part = Outline(float(around[0]), float(around[1]), (radius, radius))
    smooth = replace(outline, lobes=())
    return Lesion(
        smooth,
        -rng.uniform(26, 40),
        0.1,
        rim=rng.uniform(0, 4),
        rim_width=0.5,
        septa=septa,
        solid_parts=(part,),
        parts_contrast=-2.0,
    )


KINDS: dict[str, Callable[[Outline, np.random.Generator], Lesion]] = {
    "cyst": _cyst,
    "solid": _solid,
    "nodule": _nodule,
    "complex-cyst": _complex_cyst,
}
"""Constructors of lesions from an outline, by kind."""

ORGANS: dict[str, Organ] = {
    "ovary": Organ(
        Curved(depth=64, radius=11, half_angle=math.radians(54)),
        Transducer(frequency=5, f_number=2.2, focus=34),
        (
            Layer(3.5, echo=6, texture=1, attenuation=0.5),
            Layer(6, echo=-5, texture=2, wave=0.2, interface=6),
            Layer(200, echo=-1, texture=3, grain=(7, 11), wave=0.4, interface=5),
        ),
        Display(dynamic_range=62, white=27, looks=2),
        ("cyst", "complex-cyst", "solid"),
        (22, 42),
        (7, 15),
        "OVARY",
    ),
    "breast": Organ(
        Linear(depth=38, width=40),
        Transducer(frequency=9, f_number=2.6, focus=18),
        (
            Layer(1.6, echo=7, texture=1, attenuation=0.5),
            Layer(7, echo=-7, texture=3, grain=(3, 7), interface=2, attenuation=0.45),
            Layer(16, echo=3, texture=3.5, grain=(2.5, 6), wave=0.8, interface=5),
            Layer(100, echo=-6, texture=4, grain=(0.9, 14), wave=0.8, interface=8),
        ),
        Display(dynamic_range=62, white=29, looks=3),
        ("solid", "cyst", "complex-cyst"),
        (12, 20),
        (3, 7),
        "BREAST",
    ),
    "thyroid": Organ(
        Linear(depth=36, width=40),
        Transducer(frequency=9.5, f_number=2.6, focus=16),
        (
            Layer(1.6, echo=7, texture=1),
            Layer(5.5, echo=-9, texture=3.5, grain=(0.8, 12), interface=6, wave=0.5),
            Layer(19, echo=2, texture=1.2, grain=(5, 8), interface=7, wave=0.6),
            Layer(100, echo=-11, texture=4, grain=(1.2, 12), interface=8, wave=1.0),
        ),
        Display(dynamic_range=60, white=27, looks=3),
        ("nodule", "solid", "cyst"),
        (13, 19),
        (3, 6.5),
        "THYROID",
    ),
    "liver": Organ(
        Curved(depth=130, radius=50, half_angle=math.radians(33)),
        Transducer(frequency=3.5, f_number=2.2, focus=70),
        (
            Layer(3, echo=6, texture=1),
            Layer(12, echo=-3, texture=4, grain=(1.5, 18), interface=5, wave=0.4),
            Layer(300, echo=0, texture=1.5, grain=(10, 14), interface=8, wave=0.8),
        ),
        Display(dynamic_range=62, white=27, looks=2),
        ("cyst", "solid", "nodule"),
        (45, 90),
        (10, 22),
        "LIVER",
    ),
}
"""Organs by the name that the command accepts."""


def random_lesion(
    kind: str, depth: float, lateral: float, size: float, rng: np.random.Generator
) -> Lesion:
    """Return a random lesion of one of KINDS.

    Args:
        kind: a key of KINDS.
        depth, lateral: position of its centre, mm.
        size: mean of its half axes, mm.
        rng: source of everything else.
    """
    flat = rng.uniform(0.6, 0.95)
    lobes = tuple(
        Lobe(order, rng.uniform(0.02, 0.16 / order), rng.uniform(0, 2 * math.pi))
        for order in (2, 3, 4, 5, 7)
    )
    axes = (size / math.sqrt(flat), size * math.sqrt(flat))
    outline = Outline(depth, lateral, axes, rng.normal(0, 20), lobes)
    return replace(KINDS[kind](outline, rng), kind=kind)


def random_scan(
    organ: str,
    seed: int,
    *,
    height: int = 480,
    width: int = 640,
    lesions: int = 1,
    kind: str | None = None,
) -> SyntheticImage:
    """Simulate a random view of an organ with lesions that do not touch each other.

    A lesion that does not fit beside the others is left out; `SyntheticImage.lesions` has those
    that were placed.

    Args:
        organ: a key of ORGANS.
        seed: seed of all random numbers.
        height, width: size of the frame, px.
        lesions: requested number of lesions.
        kind: kind of all lesions, a key of KINDS; by default random from the organ's kinds.
    """
    what = ORGANS[organ]
    rng = np.random.default_rng([seed, *organ.encode()])
    found: list[Lesion] = []
    for _ in range(lesions):
        for _ in range(_TRIES):
            candidate = _somewhere(what, kind or str(rng.choice(what.kinds)), lesions, rng)
            if _fits(candidate, found, what.geometry):
                found.append(candidate)
                break
    gain = rng.uniform(-3, 3)
    margins = (round(0.11 * height), round(0.05 * height), round(0.09 * width))
    box = (margins[0], margins[2], height - margins[0] - margins[1], width - 2 * margins[2])
    return scan(
        Scene(what.layers, tuple(found)),
        what.transducer,
        what.geometry,
        Placement.centred(what.geometry, height, width, box),
        replace(what.display, white=what.display.white - gain),
        seed=int(rng.integers(2**32)),
    )


def _somewhere(organ: Organ, kind: str, lesions: int, rng: np.random.Generator) -> Lesion:
    # Several lesions share the space that a single one would have.
    size = rng.uniform(*organ.size) / math.sqrt(lesions)
    depth = rng.uniform(*organ.region)
    half = float(organ.geometry.span(np.array([depth], np.float32))[0]) / 2
    lateral = rng.uniform(-0.6, 0.6) * max(half - size, 0)
    return random_lesion(kind, depth, lateral, size, rng)


def _fits(lesion: Lesion, others: list[Lesion], geometry: Geometry) -> bool:
    """Return whether a lesion is within the beams and clear of the others."""
    edge = lesion.outline.contour(90).astype(np.float32)
    r, u = geometry.to_beam(edge[:, 0], edge[:, 1])
    if np.max(np.abs(u)) > 0.96 or r.min() < 0.05 * geometry.depth or r.max() > geometry.depth:
        return False
    return all(
        math.hypot(
            lesion.outline.depth - other.outline.depth,
            lesion.outline.lateral - other.outline.lateral,
        )
        > lesion.outline.reach + other.outline.reach
        for other in others
    )
