"""Intervals respect groups; figures are told apart by what is known of an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.comparison.document import Section, Table, to_html, to_markdown
from models.comparison.statistics import (
    bootstrap_mean,
    difference,
    groups_of,
    labels,
    size_band,
)
from models.data import Sample
from models.evaluation import ImageResult
from models.metrics import measure


def result(name: str, group: str, prediction: int, truth: int, size: int = 100) -> ImageResult:
    """One row of `size` pixels, the first ones lesion."""
    pixels = np.arange(size)[None]
    sample = Sample(name, Path(), Path(), group, "set", attributes={"class": name[0]})
    metrics = measure(pixels < prediction, pixels < truth)
    return ImageResult(sample, metrics, 1, 0.0, 0.1, 0.05, size)


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        values = rng.normal(0.5, 0.1, 60)
        interval = bootstrap_mean(values, np.arange(60), 300)
        covered += interval.low <= 0.5 <= interval.high
    assert 0.88 <= covered / 200 <= 0.99


def test_images_of_one_patient_do_not_count_as_independent() -> None:
    rng = np.random.default_rng(2)
    per_patient = rng.normal(0.5, 0.1, 20)
    values = np.repeat(per_patient, 10)
    alone = bootstrap_mean(values, np.arange(200))
    grouped = bootstrap_mean(values, np.repeat(np.arange(20), 10))
    assert grouped.mean == alone.mean
    ratio = (grouped.high - grouped.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(np.sqrt(10), rel=0.2)


def test_groups_are_those_of_one_data_set() -> None:
    samples = [result(name, group, 5, 5).sample for name, group in (("a", "1"), ("b", "1"))]
    other = Sample("c", Path(), Path(), "1", "another set")
    assert groups_of([*samples, other]).tolist() in ([0, 0, 1], [1, 1, 0])


def test_differences_are_paired() -> None:
    base = [result(f"{n}", f"{n}", 2 * n, 40) for n in range(1, 11)]
    better = [result(f"{n}", f"{n}", 2 * n + 4, 40) for n in range(1, 11)]
    gain = difference(better, base)
    # The same gain in every image has no spread, however much the images differ.
    assert gain == pytest.approx((0.1, 0.1, 0.1))


@pytest.mark.parametrize(
    ("truth", "band"),
    [(0, "no lesion"), (1, "0% to 2%"), (2, "2% to 5%"), (7, "5% to 10%"), (90, "20% to 100%")],
)
def test_lesions_are_banded_by_their_share_of_the_image(truth: int, band: str) -> None:
    assert size_band(result("a", "1", 5, truth)) == band


def test_images_are_told_apart_by_columns_of_their_table() -> None:
    results = [result("ab", "1", 5, 5), result("cd", "2", 5, 5)]
    assert labels(results, "class") == ["a", "c"]
    assert labels(results, "data set") == ["set", "set"]
    assert labels(results, "device") == ["", ""]


def test_reports_quote_what_would_break_them() -> None:
    sections = [Section("A & B", ["x < y", Table(("a|b", "c"), [("1", "<2>")])])]
    assert r"| a\|b | c |" in to_markdown("T", sections)
    html = to_html("T", sections)
    assert "<h2>A &amp; B</h2>" in html
    assert "<td>&lt;2&gt;</td>" in html
