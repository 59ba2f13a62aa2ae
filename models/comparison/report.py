"""The report of a comparison, in text and tables, and the files that it is written to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from models.comparison.columns import all_methods
from models.comparison.document import (
    Block,
    Cell,
    Items,
    Picture,
    Section,
    Table,
    to_markdown,
    without_pictures,
)
from models.comparison.findings import by_effect
from models.comparison.page import to_html
from models.comparison.statistics import ORGAN

TITLE = "Comparison of lesion segmentation methods"
_NO_PATIENTS = (
    "Written by `sonoloop compare`, which also makes the plots and pictures of its page "
    "(`report.html`); those show images and are not published here."
)
_SMALL = 20
"""Number of images below which a mean is not meaningful."""


def write_report(
    report: dict[str, Any],
    folder: Path,
    pictures: dict[str, list[Picture]],
    published: Path | None = None,
) -> list[Path]:
    """Write `report.md`, `report.html` and `report.json`; return their paths.

    Args:
        report: result of `models.comparison.table.report_of`.
        folder: the comparison's folder, which contains the pictures.
        pictures: pictures by the heading that they appear under.
        published: file to which text and tables are also written, without pictures.
    """
    sections = sections_of(report, pictures)
    files = {
        folder / "report.md": to_markdown(TITLE, sections),
        folder / "report.html": to_html(TITLE, _lead(report), sections, folder),
        folder / "report.json": json.dumps(report, indent=2) + "\n",
    }
    if published:
        words = [Section("What this is", [_NO_PATIENTS]), *without_pictures(sections)]
        files[published] = to_markdown(TITLE, words)
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return [*files]


def sections_of(report: dict[str, Any], pictures: dict[str, list[Picture]]) -> list[Section]:
    """Return the report in text and tables."""
    sections = [
        Section("How it was measured", _method(report)),
        Section("All methods", all_methods(report)),
    ]
    if report["changes"]:
        sections += _changes(report)
    if report["left_out"]:
        sections.append(Section("A scanner that the network never saw", _left_out(report)))
    curves = [row for row in report["rows"] if len(row["validation_curve"] or ()) > 1]
    if curves:
        sections.append(Section("Validation curves", _curves(curves)))
    repeated = [row for row in report["rows"] if row["seeds"]]
    if repeated:
        sections.append(Section("Other seeds", _seeds(repeated)))
    sections += [
        Section(f"Lesion IoU by {what}", _breakdown(content, what))
        for what, content in report["by"].items()
    ]
    if any(row["consistency"] for row in report["rows"]):
        sections.append(Section("Consistency over near-identical views", _consistency(report)))
    for heading, shown in pictures.items():
        legend = ["Truth green, found orange."] if any(p.of_patients for p in shown) else []
        folded = len(shown) > 1 and heading.startswith("Worst")
        sections.append(Section(heading, [*legend, *shown], folded=folded))
    return sections


def _lead(report: dict[str, Any]) -> str:
    best = next(row for row in report["rows"] if row["best"])
    low, high = best["lesion_iou_interval"]
    missing = len(report["missing"])
    return (
        f"{len(report['rows'])} methods on the same {report['images']} images. Highest mean lesion "
        f"IoU: {best['name']}, {best['lesion_iou_mean']:.3f} [{low:.3f}, {high:.3f}]."
        + (f" Not measured: {missing} of {missing + len(report['rows'])} rows." if missing else "")
    )


def _method(report: dict[str, Any]) -> list[Block]:
    budget = report["budget"]
    folds = "; ".join(
        f"{Path(source['folder']).name}: trained on "
        + (f"folds {_listed(source['train_folds'])}" if source["train_folds"] else "nothing")
        + f", measured on {_listed(source['validation_folds'])}"
        for source in report["sources"]
    )
    said = [
        f"{folds}. {report['training_images']} training images; {report['images']} measured "
        f"images with a lesion, of {report['groups']} groups, none of which was trained on here.",
        *report["notes"],
    ]
    if report["lesion_free_images"]:
        said.append(
            f"False outlines are the share of {report['lesion_free_images']} images without a "
            "lesion in which something is outlined. All other figures are of images with a lesion."
        )
    networks = [row for row in report["rows"] if row["kind"] == "network"]
    kinds = {row["kind"] for row in report["rows"]}
    if networks:
        steps, windows = networks[0]["steps"], networks[0]["steps"] * budget["batch_size"]
        said.append(
            f"Every network got the same budget: {steps} steps of {budget['batch_size']} windows "
            f"of {budget['size']} px ({windows} windows, "
            f"{windows / report['training_images']:.2f} of the number of training images), seed "
            f"{budget['seed']}. Figures are of one run each; another seed gives other figures."
        )
    if {"ImageNet", "random"} <= {row["start"] for row in networks}:
        said.append(
            "Encoders start from ImageNet where the package index has their weights, and at random "
            "otherwise; the table says which. Rows that start at random show what is learnt from "
            "these images alone; compare them with each other."
        )
    if "model" in kinds:
        said.append(
            "Shipped models had budgets of their own, and the settings of their pipelines were "
            "tuned on part of these very images; their cards say how much that raises the figures."
        )
    if "classical" in kinds:
        said.append("Settings of classical methods were chosen on training images.")
    said.append(
        "Figures are means per image unless said otherwise, through decoding and the pipeline of "
        "the product. Intervals are 95 % bootstrap intervals over groups (patients, near-identical "
        "views), not over images; differences are paired by image. Nothing is corrected for the "
        "number of rows: one in twenty comparisons without a real difference seems to show one."
    )
    timed: dict[str, list[dict[str, Any]]] = {}
    for row in report["rows"]:
        if row["timing"]:
            timed.setdefault(row["timing"]["processor"], []).append(row)
    for processor, rows in timed.items():
        last = rows[-1]["timing"]
        names = "" if len(timed) == 1 else f" of {', '.join(row['name'] for row in rows)}"
        said.append(
            f"Times{names} are medians over {last['images']} images on the CPU ({processor}, "
            f"{report['threads'] or 'all'} threads), measured on {last['day']} with "
            "nothing else running."
        )
    if len(timed) > 1:
        said.append("Times on different processors cannot be compared.")
    return [Items(said)]


def _listed(folds: Sequence[int]) -> str:
    return ", ".join(str(fold) for fold in folds)


def _changes(report: dict[str, Any]) -> list[Section]:
    found = by_effect(report["changes"])
    helps = found["helps"] or ["None of the changes raises lesion IoU or boundary F beyond chance."]
    intro = (
        "Each line compares a row with the same row without the change. A part helps if adding it "
        "raises, or removing it lowers, lesion IoU or boundary F beyond the interval."
    )
    mixed: list[Block] = [
        "Raises one of the two measures and lowers the other:",
        Items(found["mixed"]),
    ]
    does_not: list[Block] = [
        "Adding it does not raise, or removing it does not lower, lesion IoU or boundary F beyond "
        "the interval.",
    ]
    if found["neither"]:
        does_not += ["Makes no difference beyond chance:", Items(found["neither"])]
    if found["harms"]:
        does_not += ["Makes it worse:", Items(found["harms"])]
    if not found["neither"] and not found["harms"]:
        does_not.append("Everything that was tried helps.")
    return [
        Section("What helps", [intro, Items(helps), *(mixed if found["mixed"] else [])]),
        Section("What does not help", does_not),
    ]


def _left_out(report: dict[str, Any]) -> list[Block]:
    lines = []
    for one in report["left_out"]:
        mean, low, high = one["difference"]
        lines.append(
            [
                ", ".join(one["left_out"]),
                str(one["count"]),
                f"{one['trained_lesion_iou_mean']:.3f} ({one['against']})",
                f"{one['lesion_iou_mean']:.3f} ({one['name']})",
                f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]",
            ]
        )
    return [
        "The same training under the same budget, with the images of one scanner in the training "
        "set and without them: lesion IoU of the measured images of that scanner.",
        Table(["scanner", "images", "seen", "never seen", "difference [95 %]"], lines),
    ]


def _curves(rows: Sequence[dict[str, Any]]) -> list[Block]:
    steps = [point["steps"] for point in rows[0]["validation_curve"]]
    lines = []
    for row in rows:
        values = [point["lesion_iou"] for point in row["validation_curve"]]
        gain = values[-1] - values[-2]
        lines.append([row["name"], *(f"{value:.3f}" for value in values), f"{gain:+.3f}"])
    return [
        "Mean lesion IoU of the network alone on the measured images after so many steps: averaged "
        "weights, no crop, no CRF, no morphology. An image without a lesion counts as 1 if nothing "
        "is outlined, and as 0 otherwise. Nothing was chosen with it: every network was measured "
        "after its last step. The learning rate falls to 0 at the last step, which flattens the "
        "end of every curve.",
        Table(["method", *(str(step) for step in steps), "last gain"], lines),
    ]


def _seeds(rows: Sequence[dict[str, Any]]) -> list[Block]:
    lines = []
    for row in rows:
        ious = [one["lesion_iou_mean"] for one in row["seeds"]]
        free = [one["lesion_free_outlined"] for one in row["seeds"]]
        lines.append(
            [
                row["name"],
                ", ".join(str(one["seed"]) for one in row["seeds"]),
                ", ".join(f"{iou:.3f}" for iou in ious),
                f"{fmean(ious):.3f}",
                f"{max(ious) - min(ious):.3f}",
                "–" if None in free else ", ".join(f"{share:.1%}" for share in free),
            ]
        )
    header = ["method", "seeds", "lesion IoU of each", "mean", "range", "false outlines of each"]
    return ["The same training with other seeds.", Table(header, lines)]


def _breakdown(content: dict[str, Any], what: str) -> list[Block]:
    values = list(content["counts"])
    header = ["method", *(f"{_worded(v)} (n={content['counts'][v]})" for v in values)]
    highest = {v: max(scores[v] for scores in content["lesion_iou"].values()) for v in values}
    rows = [
        [
            name,
            *(
                Cell(f"{scores[v]:.3f}", strong=scores[v] == highest[v], shade=scores[v])
                for v in values
            ),
        ]
        for name, scores in content["lesion_iou"].items()
    ]
    blocks: list[Block] = [Table(header, rows)]
    if what != ORGAN and min(content["counts"].values()) < _SMALL:
        blocks.append(f"Means over fewer than {_SMALL} images say little.")
    return blocks


def _worded(value: str) -> str:
    return value.replace("_", " ")


def _consistency(report: dict[str, Any]) -> list[Block]:
    header = ("method", "groups", "pairs", "Dice of the model's masks", "of people's", "share")
    rows = [
        [
            row["name"],
            str(one["groups"]),
            str(one["pairs"]),
            f"{one['predicted_dice']:.3f}",
            f"{one['truth_dice']:.3f}",
            Cell(f"{one['consistency']:.3f}", shade=min(1.0, one["consistency"])),
        ]
        for row in report["rows"]
        if (one := row["consistency"])
    ]
    return [
        "Near-identical views, often one with and one without calipers, should get the same mask. "
        "The share is the Dice between the model's masks of two views over the Dice between those "
        "that people drew. Two empty masks agree as well, so read it together with the lesion IoU.",
        Table(header, rows),
    ]
