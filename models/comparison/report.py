"""What the report of a comparison says, and its files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from models.comparison.document import Picture, Section, Table, to_html, to_markdown
from models.metrics import BOUNDARY_TOLERANCE_PX

TITLE = "Comparison of lesion segmentation methods"
_HEADER = (
    "method",
    "lesion IoU [95 % interval]",
    "Dice [95 % interval]",
    "IoU pooled",
    "Dice pooled",
    "background IoU",
    "mean IoU",
    "pixel accuracy",
    "HD95, px",
    f"boundary F, {BOUNDARY_TOLERANCE_PX:g} px",
    "missed lesions",
    "steps",
    "parameters",
    "MACs",
    "network, ms",
    "decode and pipeline, ms",
)


def write_report(report: dict[str, Any], folder: Path, pictures: Sequence[Picture]) -> list[Path]:
    """Write `report.md`, `report.html` and `report.json`; returns their paths."""
    sections = sections_of(report, pictures)
    files = {
        "report.md": to_markdown(TITLE, sections),
        "report.html": to_html(TITLE, sections),
        "report.json": json.dumps(report, indent=2) + "\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return [folder / name for name in files]


def sections_of(report: dict[str, Any], pictures: Sequence[Picture]) -> list[Section]:
    """The report in words and tables."""
    sections = [
        Section("How it was measured", _method(report)),
        Section("All methods", [Table(_HEADER, [_row(row) for row in report["rows"]])]),
    ]
    if report["variants"]:
        sections.append(Section("What each change to the pipeline does", _variants(report)))
    if report["missing"]:
        lines = [[name, reason] for name, reason in report["missing"].items()]
        sections.append(Section("Not measured", [Table(("method", "because"), lines)]))
    for what, content in report["by"].items():
        sections.append(Section(f"Lesion IoU by {what}", [_breakdown(content)]))
    if pictures:
        sections.append(Section("Pictures", [*pictures]))
    return sections


def _method(report: dict[str, Any]) -> list[str | Table | Picture]:
    budget = report["budget"]
    folds = "; ".join(
        f"{Path(source['folder']).name}: trained on folds {_listed(source['train_folds'])}, "
        f"measured on {_listed(source['validation_folds'])}"
        for source in report["sources"]
    )
    said = [
        f"{folds}. {report['training_images']} training images; {report['images']} measured "
        f"images of {report['groups']} groups, none of which was trained on here.",
        *report["notes"],
    ]
    kinds = {row["kind"] for row in report["rows"]}
    if "network" in kinds:
        said.append(
            f"Every network got the same budget: {budget['steps']} steps (rounded up to whole "
            f"passes) of {budget['batch_size']} windows of {budget['size']} px, seed "
            f"{budget['seed']}."
        )
    if "model" in kinds:
        said.append("Models without steps were trained elsewhere; their cards say on what.")
    if "classical" in kinds:
        said.append("Settings of classical methods were chosen on training images.")
    return [
        *said,
        "Figures are means per image unless said otherwise, through decoding and the pipeline of "
        "the product. Intervals are bootstrapped over groups. Times are medians per image.",
    ]


def _listed(folds: Sequence[int]) -> str:
    return ", ".join(str(fold) for fold in folds)


def _row(row: dict[str, Any]) -> list[str]:
    encoder = f" ({row['encoder']})" if row["encoder"] != "none" else ""
    return [
        f"{row['name']}: {row['title']}{encoder}",
        _with_interval(row["lesion_iou_mean"], row["lesion_iou_interval"]),
        _with_interval(row["lesion_dice_mean"], row["lesion_dice_interval"]),
        *(
            f"{row[key]:.3f}"
            for key in (
                "lesion_iou_pooled",
                "lesion_dice_pooled",
                "background_iou",
                "mean_iou",
                "pixel_accuracy",
            )
        ),
        f"{row['hd95_mean']:.1f}",
        f"{row['boundary_f_mean']:.3f}",
        f"{row['missed_share']:.1%}",
        str(row["steps"]) if row["steps"] is not None else "–",
        f"{row['parameters'] / 1e6:.2f} M" if row["parameters"] else "–",
        f"{row['macs'] / 1e9:.2f} G" if row["macs"] else "–",
        *(
            f"{row['timing'][key]:.0f}" if row["timing"] else "–"
            for key in ("network_ms", "total_ms")
        ),
    ]


def _with_interval(mean: float, interval: Sequence[float]) -> str:
    return f"{mean:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]"


def _variants(report: dict[str, Any]) -> list[str | Table | Picture]:
    rows = [
        [
            one["name"],
            one["of"],
            f"{one['lesion_iou_gain']:+.4f} [{one['interval'][0]:+.4f}, {one['interval'][1]:+.4f}]",
            one["verdict"],
        ]
        for one in report["variants"]
    ]
    useless = [one["name"] for one in report["variants"] if one["verdict"] != "helps"]
    said = f"These do not help: {', '.join(useless)}." if useless else "All of these help."
    return [Table(("variant", "of", "gain in lesion IoU [95 % interval]", "it"), rows), said]


def _breakdown(content: dict[str, Any]) -> Table:
    values = list(content["counts"])
    header = ["method", *(f"{value} (n={content['counts'][value]})" for value in values)]
    rows = [
        [name, *(f"{scores[value]:.3f}" for value in values)]
        for name, scores in content["lesion_iou"].items()
    ]
    return Table(header, rows)
