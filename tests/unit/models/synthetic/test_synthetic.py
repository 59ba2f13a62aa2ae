"""The simulator follows the physics that it claims, and its masks the requested shapes."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.signal import hilbert
from scipy.stats import kstest

from models.commands.synthesise import synthesise
from models.data.samples import read_pixels, read_samples
from models.data.sources import open_tree, prepare
from models.synthetic import (
    KINDS,
    ORGANS,
    Curved,
    Display,
    Furniture,
    Geometry,
    Layer,
    Lesion,
    Linear,
    Outline,
    Placement,
    Scene,
    Transducer,
    burn_in,
    random_lesion,
    random_scan,
    scan,
)
from models.synthetic.furniture import long_diameter
from models.synthetic.outline import Lobe
from models.synthetic.scan import compress, envelope_of
from models.synthetic.speckle import RATE, BeamGrid, echoes, scatterers
from worker.ingest import DecodeLimits, decode
from worker.pipeline import find_sector
from worker.pipeline.lesions import find_lesions

TRANSDUCER = Transducer(frequency=5.0, focus=30)
BOX = Linear(depth=60, width=60)
PLAIN = (Layer(100, texture=0),)
QUIET = Display(noise=-90)
GEOMETRIES: list[Geometry] = [
    Linear(40, 38),
    Curved(75, 11, math.radians(62)),
    Curved(130, 50, math.radians(33)),
    Curved(120, 0, math.radians(45)),
    Curved.filling(80, 60),
]
RAYLEIGH_SNR = math.sqrt(math.pi / (4 - math.pi))
"""Mean over standard deviation, 1.91 (Burckhardt 1978)."""


def envelope(
    scene: Scene, seed: int = 0, density: float | None = None, display: Display = QUIET
) -> tuple[NDArray[np.float32], BeamGrid]:
    """Return the displayed envelope in BOX, [B,S], and the positions of its samples."""
    grid = BeamGrid.sampling(BOX, TRANSDUCER)
    found = envelope_of(scene, TRANSDUCER, BOX, grid, display, density=density, seed=seed)
    return found, grid


def far_apart(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return samples several resolution cells apart, so that they are independent."""
    return values[::7, ::7].ravel()


def correlation_width(values: NDArray[np.float32], axis: int) -> float:
    """Full width at half maximum of the autocovariance of intensity along an axis, samples."""
    intensity = values.astype(np.float64) ** 2
    intensity -= intensity.mean()
    power = np.abs(np.fft.fft(intensity, axis=axis)) ** 2
    covariance = np.fft.ifft(power.mean(axis=1 - axis)).real
    covariance /= covariance[0]
    below = int(np.argmax(covariance < 0.5))
    step = covariance[below - 1] - covariance[below]
    return 2 * (below - 1 + (covariance[below - 1] - 0.5) / step)


def test_the_envelope_of_developed_speckle_is_rayleigh() -> None:
    found, _ = envelope(Scene(PLAIN))
    values = far_apart(found)
    assert values.size > 3000
    assert values.mean() / values.std() == pytest.approx(RAYLEIGH_SNR, rel=0.04)
    assert np.sqrt((found**2).mean()) == pytest.approx(1, rel=0.02)
    assert kstest(values, "rayleigh", args=(0, math.sqrt(0.5))).pvalue > 0.01


def test_few_scatterers_to_a_resolution_cell_are_not_rayleigh_and_many_are() -> None:
    cell = TRANSDUCER.axial_sigma * TRANSDUCER.wavelength * TRANSDUCER.f_number
    few, many = (
        far_apart(envelope(Scene(PLAIN), density=number / cell)[0]) for number in (0.3, 30)
    )
    assert few.mean() / few.std() < 0.85 * RAYLEIGH_SNR
    assert many.mean() / many.std() == pytest.approx(RAYLEIGH_SNR, rel=0.04)


def test_looks_smooth_speckle_as_independent_pictures_do() -> None:
    found, _ = envelope(Scene(PLAIN), display=replace(QUIET, looks=4))
    values = far_apart(found)
    assert values.mean() / values.std() == pytest.approx(2 * RAYLEIGH_SNR, rel=0.06)


def test_one_pass_through_frequencies_equals_convolution_and_hilbert_transform() -> None:
    geometry = Linear(20, 10)
    # Laterally, the beams are further apart than any beam is wide, so each stands alone.
    grid = replace(BeamGrid.sampling(geometry, TRANSDUCER), u=np.zeros(4, np.float32))
    grid = replace(grid, spacing=np.full_like(grid.r, 1e3))
    strengths = scatterers(grid, None, np.random.default_rng(1))
    found = echoes(strengths, grid, TRANSDUCER)
    step = grid.step / RATE
    reach = math.ceil(6 * TRANSDUCER.axial_sigma / step)
    pulse = TRANSDUCER.pulse(np.arange(-reach, reach + 1) * step)
    radio_frequency = np.array([np.convolve(line, pulse, mode="same") for line in strengths])
    expected = np.abs(hilbert(radio_frequency, axis=1))[:, ::RATE]
    expected *= np.abs(found).mean() / expected.mean()
    inner = slice(reach, -reach)
    difference = np.abs(found)[:, inner] - expected[:, inner]
    assert np.sqrt((difference**2).mean()) < 0.01


def test_speckle_is_as_large_as_the_point_spread_function() -> None:
    # The intensity of speckle correlates like the squared autocorrelation of the pulse or beam:
    # for a Gaussian of σ, this is again a Gaussian of σ.
    found, grid = envelope(Scene(PLAIN), seed=3)
    to_width = 2 * math.sqrt(2 * math.log(2))
    axial = correlation_width(found, axis=1) * grid.step
    assert axial == pytest.approx(to_width * TRANSDUCER.axial_sigma, rel=0.1)
    for depth in (30.0, 55.0):
        near = slice(*np.searchsorted(grid.r, (depth - 2, depth + 2)))
        lateral = correlation_width(found[:, near], axis=0) * float(grid.spacing[0])
        sigma = float(TRANSDUCER.lateral_sigma(np.array([depth], np.float32))[0])
        assert lateral == pytest.approx(to_width * sigma, rel=0.12), depth


def test_a_beam_is_narrowest_at_its_focus() -> None:
    sigma = TRANSDUCER.lateral_sigma(np.array([5, 30, 60], np.float32))
    assert sigma[1] < sigma[0] and sigma[1] < sigma[2] <= math.sqrt(2.01) * sigma[1]


@pytest.mark.parametrize("contrast", [-20.0, -6.0, 6.0])
def test_a_lesion_has_the_contrast_asked_for(contrast: float) -> None:
    lesion = Lesion(Outline(30, 0, (12, 12)), contrast)
    found, grid = envelope(Scene(PLAIN, (lesion,)), seed=5)
    z, x = BOX.to_scene(grid.r[None], grid.u[:, None])
    distance = np.hypot(z - 30, x)
    inside, outside = (
        (found[where] ** 2).mean()
        for where in (distance < 10, (distance > 14) & (np.abs(x) < 28) & (z < 55))
    )
    assert 10 * math.log10(inside / outside) == pytest.approx(contrast, abs=0.5)


@pytest.mark.parametrize(("attenuation", "sign"), [(0.02, 1), (1.2, -1)])
def test_what_absorbs_less_enhances_behind_and_what_absorbs_more_shadows(
    attenuation: float, sign: int
) -> None:
    lesion = Lesion(Outline(25, 0, (8, 8)), -10, attenuation)
    found, grid = envelope(Scene(PLAIN, (lesion,)), seed=6)
    deep = slice(*np.searchsorted(grid.r, (40, 58)))
    x = grid.u * 30
    behind, beside = (
        (found[where][:, deep] ** 2).mean() for where in (np.abs(x) < 3, np.abs(x) > 14)
    )
    through = 1.6 * 2 * (0.5 - attenuation) * TRANSDUCER.frequency  # 1.6 cm, there and back
    assert np.sign(through) == sign
    # Within 3 mm of its middle, the lesion has at least 0.92 of that thickness.
    assert 10 * math.log10(behind / beside) == pytest.approx(through * 0.96, abs=0.9)


def test_log_compression_maps_decibels_to_grey_levels() -> None:
    levels = np.array([10, 1, 0.1, 1e-5], np.float32)
    grey = compress(levels, Display(dynamic_range=60, white=20))
    assert grey == pytest.approx([255, 170, 85, 0], abs=1e-3)


@pytest.mark.parametrize("geometry", GEOMETRIES, ids=lambda g: f"{type(g).__name__}-{g.depth:.0f}")
def test_beams_go_to_the_scene_and_back(geometry: Geometry) -> None:
    r, u = np.meshgrid(
        np.linspace(0, geometry.depth, 40, dtype=np.float32),
        np.linspace(-1, 1, 31, dtype=np.float32),
    )
    z, x = geometry.to_scene(r, u)
    back_r, back_u = geometry.to_beam(z, x)
    assert back_r == pytest.approx(r, abs=2e-4 * geometry.depth)
    ends = r + getattr(geometry, "radius", 1) > 0.01 * geometry.depth  # all beams meet in a point
    assert back_u[ends] == pytest.approx(u[ends], abs=1e-3)
    top, left, height, width = geometry.box
    assert z.min() >= top - 1e-3 and z.max() <= top + height + 1e-3
    assert (x.min(), x.max()) == pytest.approx((left, left + width), abs=1e-3)
    assert geometry.span(r)[:, -1] == pytest.approx(
        np.hypot(np.diff(z, axis=0), np.diff(x, axis=0))[:, -1].sum(), rel=0.01
    )


@given(
    height=st.integers(40, 900), width=st.integers(40, 900), index=st.integers(0, 4), row=st.data()
)
def test_a_geometry_fills_its_box_of_the_frame(
    height: int, width: int, index: int, row: st.DataObject
) -> None:
    geometry = GEOMETRIES[index]
    box = (7, 5, height - 10, width - 12)
    placement = Placement.centred(geometry, height, width, box)
    top, left, tall, wide = geometry.box
    corners = [placement.to_frame(top, left), placement.to_frame(top + tall, left + wide)]
    rows, columns = zip(*corners, strict=True)
    assert rows[0] >= 6.49 and rows[1] <= 7 + box[2] - 0.49
    assert columns[0] >= 4.49 and columns[1] <= 5 + box[3] - 0.49
    shares = ((rows[1] - rows[0]) / box[2], (columns[1] - columns[0]) / box[3])
    assert max(shares) == pytest.approx(1, abs=1e-6)
    where = row.draw(st.tuples(st.floats(0, height), st.floats(0, width)))
    assert placement.to_frame(*placement.to_scene(*where)) == pytest.approx(where, abs=1e-6)


@given(
    axes=st.tuples(st.floats(6, 14), st.floats(6, 14)),
    angle=st.floats(-180, 180),
    amplitudes=st.lists(st.floats(-0.1, 0.1), max_size=4),
    depth=st.floats(24, 36),
)
def test_a_mask_has_the_area_of_the_shape_and_lies_within_its_contour(
    axes: tuple[float, float], angle: float, amplitudes: list[float], depth: float
) -> None:
    lobes = tuple(Lobe(order, share, 0.7) for order, share in enumerate(amplitudes, 2))
    outline = Outline(depth, 2.5, axes, angle, lobes)
    placement = Placement.centred(BOX, 500, 500, (0, 0, 500, 500))
    mask = Scene(PLAIN, (Lesion(outline),)).mask(*placement.scene())
    assert mask.sum() * placement.spacing**2 == pytest.approx(outline.area, rel=0.01)
    points = [placement.to_frame(z, x) for z, x in outline.contour()]
    sixteenths = np.rint([[16 * column, 16 * row] for row, column in points]).astype(np.int32)
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [sixteenths], 1, shift=4) > 0
    differing = np.count_nonzero(mask != drawn)
    border = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    assert differing <= np.count_nonzero(border)
    assert not (mask != drawn)[border == 0].any()


def test_an_ellipse_measures_its_axes_in_mm_in_the_product() -> None:
    lesion = Lesion(Outline(32, -3, (12, 7), 30))
    placement = Placement.centred(BOX, 480, 640, (0, 0, 480, 640))
    image = scan(Scene(PLAIN, (lesion,)), TRANSDUCER, BOX, placement, seed=2)
    probability = np.where(image.mask, np.float32(1), np.float32(0))
    (found,) = find_lesions(image.mask, probability, (placement.spacing, placement.spacing))
    assert found.area_mm2 == pytest.approx(math.pi * 12 * 7, rel=0.01)
    assert found.long_axis.length_mm == pytest.approx(24, rel=0.02)
    assert found.short_axis.length_mm == pytest.approx(14, rel=0.02)
    assert np.hypot(*np.diff(long_diameter(lesion), axis=0)[0]) == pytest.approx(24, rel=1e-3)


@pytest.mark.parametrize("bad", [{"axes": (0, 3)}, {"lobes": (Lobe(1, 0.1),)}])
def test_shapes_whose_area_would_be_wrong_are_refused(bad: dict[str, object]) -> None:
    arguments = {"depth": 10, "lateral": 0, "axes": (3, 3), **bad}
    with pytest.raises(ValueError, match="outline"):
        Outline(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("organ", ORGANS)
def test_lesions_are_where_the_mask_says_and_the_sector_is_found(organ: str) -> None:
    for seed in range(3):
        image = random_scan(organ, seed, height=300, width=400, kind="cyst")
        rest = image.sector & ~cv2.dilate(image.mask.astype(np.uint8), np.ones((9, 9))).astype(bool)
        core = cv2.erode(image.mask.astype(np.uint8), np.ones((9, 9))).astype(bool)
        assert image.pixels[core].mean() < 0.4 * image.pixels[rest].mean()
        assert not image.pixels[~image.sector].any()
        assert (image.pixels[image.sector] > 0).all()
        box = find_sector(image.pixels).box
        top, left, height, width = image.sector_box
        # The product moves sides that are near the frame's edge onto that edge.
        assert box == pytest.approx((top, left, height, width), abs=16)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_lesion_is_masked_to_its_outline(kind: str) -> None:
    lesion = random_lesion(kind, 30, 0, 9, np.random.default_rng(8))
    placement = Placement.centred(BOX, 300, 300, (0, 0, 300, 300))
    image = scan(Scene(PLAIN, (lesion,)), TRANSDUCER, BOX, placement, seed=8)
    assert lesion.kind == kind
    assert image.mask.sum() * placement.spacing**2 == pytest.approx(lesion.outline.area, rel=0.02)
    without = scan(Scene(PLAIN), TRANSDUCER, BOX, placement, seed=8)
    # Single precision differs in the last digit all along a beam.
    changed = cv2.absdiff(image.pixels, without.pixels) > 2
    reached = cv2.dilate(image.mask.astype(np.uint8), np.ones((17, 17))).astype(bool)
    above = np.zeros_like(changed)
    above[: round(placement.to_frame(30 - lesion.outline.reach - 2, 0)[0])] = True
    beside = np.broadcast_to(~reached.any(axis=0), changed.shape)
    assert changed[image.mask].mean() > 0.5
    assert not changed[above].any(), "sound has not been there yet"
    assert not changed[beside].any()


def test_several_lesions_do_not_touch_and_none_is_an_empty_mask() -> None:
    image = random_scan("liver", 4, lesions=3)
    assert cv2.connectedComponents(image.mask.astype(np.uint8))[0] - 1 == len(image.lesions) == 3
    assert not random_scan("liver", 4, lesions=0).mask.any()


def test_a_seed_gives_the_same_image_whatever_the_number_of_threads() -> None:
    code = (
        "import cv2, hashlib; from models.synthetic import random_scan; cv2.setNumThreads({n}); "
        "i = random_scan('breast', 3, height=256, width=256); "
        "print(hashlib.sha256(i.pixels.tobytes() + i.mask.tobytes()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code.format(n=n)],
            env={"OMP_NUM_THREADS": str(n), "PYTHONHASHSEED": str(n)},
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for n in (1, 4)
    }
    assert len(digests) == 1
    assert not np.array_equal(
        random_scan("breast", 3, height=64, width=64).pixels,
        random_scan("breast", 4, height=64, width=64).pixels,
    )


def test_furniture_stays_out_of_the_sector_but_for_calipers() -> None:
    image = random_scan("ovary", 1)
    text = Furniture(banner=("SYNTHETIC",), mark=True, scale=True, bar=True)
    furnished = burn_in(image, text)
    assert np.array_equal(furnished.pixels[image.sector], image.pixels[image.sector])
    assert np.count_nonzero(furnished.pixels[~image.sector]) > 200
    assert furnished.mask is image.mask
    measured = burn_in(image, replace(text, calipers=True, colour=True)).pixels
    changed = (measured != image.pixels[..., None]).any(axis=2) & image.sector
    (lesion,) = image.lesions
    ends = [image.placement.to_frame(*end) for end in long_diameter(lesion)]
    for row, column in zip(*np.nonzero(changed), strict=True):
        assert min(math.hypot(row - r, column - c) for r, c in ends) < 7
    assert changed.sum() > 20


def made(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(
        synthesise, ["--out", str(folder), "--count", "7", "--size", "200x160", *options]
    )


def test_the_command_writes_what_training_and_imports_read(tmp_path: Path) -> None:
    assert made(tmp_path / "data", "--seed", "3", "--banner").exit_code == 0
    samples = read_samples(tmp_path / "data")
    assert len(samples) == 7
    assert all(read_pixels(sample).mask.shape == (160, 200) for sample in samples)
    folds = {sample.group: sample.fold for sample in samples}
    assert all(folds[sample.group] == sample.fold for sample in samples)
    assert 1 < len(folds) < 7
    done = prepare(open_tree(tmp_path / "data"), tmp_path / "prepared")
    assert (done.images, done.groups, done.findings) == (7, len(folds), [])
    with (tmp_path / "data" / "samples.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            assert int(row["lesion_px"]) == sum(
                int(read_pixels(s).mask.sum()) for s in samples if s.id == row["id"]
            )


def test_dicom_states_the_spacing_and_an_invented_patient(tmp_path: Path) -> None:
    assert made(tmp_path / "a", "--dicom", "--organ", "liver").exit_code == 0
    assert made(tmp_path / "b", "--dicom", "--organ", "liver").exit_code == 0
    with (tmp_path / "a" / "samples.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    for row in rows:
        data = (tmp_path / "a" / "images" / f"{row['id']}.dcm").read_bytes()
        assert data == (tmp_path / "b" / "images" / f"{row['id']}.dcm").read_bytes()
        decoded = decode(data, DecodeLimits())
        assert decoded.patient_id == row["patient"]
        assert decoded.frame.spacing == pytest.approx(
            (float(row["row_mm"]), float(row["column_mm"])), rel=1e-4
        )
        assert row["organ"] == "liver"


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    for size in ("640", "640x", "5x5", "9000x9000"):
        answer = made(tmp_path / "x", "--size", size)
        assert answer.exit_code == 2 and "640x480" in answer.output
    assert not (tmp_path / "x").exists()
    assert made(tmp_path / "x").exit_code == 0
    again = made(tmp_path / "x")
    assert again.exit_code == 1 and "another folder" in again.output
