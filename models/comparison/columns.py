"""The table of all methods."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from models.comparison.document import Block, Cell, Items, Table
from models.comparison.table import NOT_RUN
from models.evaluation.metrics import BOUNDARY_TOLERANCE_PX

_NONE = "–"
_GROUPS = {
    "classical": "Classical methods",
    "network": "Networks trained under the budget",
    "model": "Shipped models",
    "variant": "One thing changed",
}


class _Column(NamedTuple):
    header: str
    show: Callable[[dict[str, Any]], str]
    best: Callable[[dict[str, Any]], float] | None = None
    """The value that ranks rows in the column, higher is better; None if the column has no best."""


def all_methods(report: dict[str, Any]) -> list[Block]:
    """Return one line per row, with the best of each column marked, and the missing rows.

    Columns in which no row has a figure are left out.
    """
    rows = report["rows"]
    columns = [one for one in _COLUMNS if any(one.show(row) != _NONE for row in rows)]
    highest = {
        column.header: max(column.best(row) for row in rows) for column in columns if column.best
    }
    lines: list[str | list[str | Cell]] = []
    for kind, heading in _GROUPS.items():
        of_kind = [row for row in rows if row["kind"] == kind]
        if of_kind:
            lines.append(heading)
            lines += [_line(row, columns, highest) for row in of_kind]
    if report["missing"]:
        lines.append("Not measured")
        blank = [_NONE] * (len(columns) - 1)
        lines += [
            [name, reason if reason == NOT_RUN else "failed", *blank]
            for name, reason in report["missing"].items()
        ]
    header = ["method", *(column.header for column in columns)]
    failed = [f"{name}: {why}" for name, why in report["missing"].items() if why != NOT_RUN]
    return [
        Table(header, lines),
        "The highest of a column is marked. The difference to the best is that of lesion IoU to "
        "the row of the highest mean, paired by image: if its interval includes 0, the row "
        "cannot be distinguished from the best.",
        *([Items(failed)] if failed else []),
    ]


def _line(
    row: dict[str, Any], columns: Sequence[_Column], highest: dict[str, float]
) -> list[str | Cell]:
    return [
        row["name"],
        *(
            Cell(
                column.show(row),
                strong=column.best is not None and column.best(row) == highest[column.header],
            )
            for column in columns
        ),
    ]


def _mean(header: str, key: str, digits: int = 3, *, lower: bool = False) -> _Column:
    sign = -1 if lower else 1
    return _Column(header, lambda row: f"{row[key]:.{digits}f}", lambda row: sign * row[key])


def _interval(header: str, name: str) -> _Column:
    def show(row: dict[str, Any]) -> str:
        low, high = row[f"{name}_interval"]
        return f"{row[f'{name}_mean']:.3f} [{low:.3f}, {high:.3f}]"

    return _Column(header, show, lambda row: float(row[f"{name}_mean"]))


def _network(row: dict[str, Any]) -> str:
    encoder = f", {row['encoder']}" if row["encoder"] != "none" else ""
    return f"{row['title']}{encoder}"


def _to_best(row: dict[str, Any]) -> str:
    if row["best"]:
        return "the best"
    mean, low, high = row["difference_to_best"]
    return f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"


def _false_outlines(row: dict[str, Any]) -> str:
    share = row["lesion_free_outlined"]
    return _NONE if share is None else f"{share:.1%}"


def _scaled(key: str, unit: float, letter: str) -> Callable[[dict[str, Any]], str]:
    return lambda row: f"{row[key] / unit:.2f} {letter}" if row[key] else _NONE


def _ms(key: str) -> Callable[[dict[str, Any]], str]:
    return lambda row: f"{row['timing'][key]:.0f}" if row["timing"] else _NONE


_COLUMNS = (
    _Column("network or method", _network),
    _Column("start", lambda row: row["start"] or _NONE),
    _interval("lesion IoU [95 %]", "lesion_iou"),
    _Column("difference to the best [95 %]", _to_best),
    _interval("Dice [95 %]", "lesion_dice"),
    _mean("IoU, pooled", "lesion_iou_pooled"),
    _mean("Dice, pooled", "lesion_dice_pooled"),
    _mean("background IoU", "background_iou"),
    _mean("mean IoU", "mean_iou"),
    _mean("pixel accuracy", "pixel_accuracy"),
    _mean("HD95, px", "hd95_mean", 1, lower=True),
    _mean(f"boundary F, {BOUNDARY_TOLERANCE_PX:g} px", "boundary_f_mean"),
    _Column(
        "missed lesions",
        lambda row: f"{row['missed_share']:.1%}",
        lambda row: -row["missed_share"],
    ),
    _Column("false outlines", _false_outlines, lambda row: -(row["lesion_free_outlined"] or 0)),
    _Column("steps", lambda row: str(row["steps"]) if row["steps"] is not None else _NONE),
    _Column("input, px", lambda row: f"{round(row['input_area'] ** 0.5)}²"),
    _Column("parameters", _scaled("parameters", 1e6, "M")),
    _Column("MACs", _scaled("macs", 1e9, "G")),
    _Column("network, ms", _ms("network_ms")),
    _Column("decode and pipeline, ms", _ms("total_ms")),
)
