"""Intervals respect groups; figures are broken down by facts about an image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.comparison.document import Cell, Items, Section, Table, to_markdown
from models.comparison.findings import by_effect, effect, sentence
from models.comparison.page import to_html
from models.comparison.statistics import (
    ORGAN,
    bootstrap_mean,
    difference,
    groups_of,
    labels,
    size_bands,
)
from models.data.samples import Sample
from models.evaluation.metrics import measure
from models.evaluation.per_image import ImageResult


def result(name: str, group: str, prediction: int, truth: int, size: int = 100) -> ImageResult:
    """Return the result of one row of `size` pixels; the first ones are lesion."""
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


def test_the_same_difference_is_had_of_any_metric() -> None:
    base = [result(f"{n}", f"{n}", 30, 40) for n in range(4)]
    better = [result(f"{n}", f"{n}", 40, 40) for n in range(4)]
    assert difference(better, base, "lesion_dice").mean == pytest.approx(1 - 60 / 70)


def test_lesions_are_parted_into_quarters_by_their_share_of_the_image() -> None:
    sizes = [0, 1, 2, 3, 4, 5, 6, 7, 90]
    bands = size_bands([result("a", "1", 5, truth) for truth in sizes])
    assert bands[0] == "no lesion"
    assert [bands.count(band) for band in dict.fromkeys(bands[1:])] == [2, 2, 2, 2]
    assert bands[1] == "1.0% to 2.8%"
    assert bands[-1] == "6.2% to 90.0%"


def test_images_are_told_apart_by_columns_of_their_table() -> None:
    results = [result("ab", "1", 5, 5), result("cd", "2", 5, 5)]
    assert labels(results, "class") == ["a", "c"]
    assert labels(results, ORGAN) == ["set", "set"]
    assert labels(results, ORGAN, {"set": "breast"}) == ["breast", "breast"]
    assert labels(results, "device") == ["", ""]


def change(**values: object) -> dict[str, object]:
    same = {"lesion_iou_gain": [0.0, -0.1, 0.1], "boundary_f_gain": [0.0, -0.1, 0.1]}
    named = {"name": "row", "of": "base", "adds": "it", "removes": None, "slower_ms": None}
    return {**named, **same, **values}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "neither"),
        ({"lesion_iou_gain": [0.2, 0.1, 0.3]}, "helps"),
        ({"boundary_f_gain": [0.2, 0.1, 0.3]}, "helps"),
        ({"lesion_iou_gain": [-0.2, -0.3, -0.1]}, "harms"),
        # A stage whose removal makes the result worse is one that helps.
        ({"lesion_iou_gain": [-0.2, -0.3, -0.1], "removes": "it", "adds": None}, "helps"),
        ({"boundary_f_gain": [0.2, 0.1, 0.3], "removes": "it", "adds": None}, "harms"),
        ({"lesion_iou_gain": [0.2, 0.1, 0.3], "boundary_f_gain": [-0.2, -0.3, -0.1]}, "mixed"),
        ({"lesion_iou_gain": [0.1, 0.0, 0.2]}, "neither"),
    ],
)
def test_what_helps_follows_from_the_intervals(values: dict[str, object], expected: str) -> None:
    one = change(**values)
    assert effect(one) == expected
    assert by_effect([one])[expected] == [sentence(one)]


def test_a_sentence_says_what_was_changed_and_what_it_costs() -> None:
    said = sentence(change(adds=None, removes="the CRF", slower_ms=-11.6))
    assert said == (
        "Without the CRF (row against base): lesion IoU +0.0000 [-0.1000, +0.1000], "
        "boundary F +0.0000 [-0.1000, +0.1000], -12 ms an image."
    )


def test_reports_quote_what_would_break_them(tmp_path: Path) -> None:
    rows: list[str | list[str | Cell]] = ["<all>", ["1", Cell("<2>", strong=True, shade=0.5)]]
    sections = [Section("A & B", ["x < y", Table(("a|b", "c"), rows), Items(["<one>"])])]
    markdown = to_markdown("T", sections)
    assert r"| a\|b | c |" in markdown
    assert "| 1 | **<2>** |" in markdown
    html = to_html("T", "<lead>", sections, tmp_path)
    assert "<h2>A &amp; B</h2>" in html
    assert '<td class="best shade" style="--shade:0.50">&lt;2&gt;</td>' in html
    assert "<li>&lt;one&gt;</li>" in html
    assert "<lead>" not in html
    assert "<all>" not in html
