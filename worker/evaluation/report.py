"""The report of an evaluation as PDF: the gate, old against new, and the images that lost most."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

MARGIN = 1.6 * cm
ACROSS = A4[0] - 2 * MARGIN - 12
"""Reportlab's frames keep 6 points on each side."""
PICTURE = 4.1 * cm
MOST_HIGH = 5.5 * cm
"""Width and height of a picture in the report."""

NAMES = {
    "gain": "Gain on the test part",
    "loss": "Loss on a reference set",
    "false-outlines": "False outlines",
    "calibration": "Calibration",
    "domain": "Recognition of unlike images",
    "presence": "Presence of a lesion",
    "subgroup": "Subgroup",
    "time": "Time per image",
    "answers": "Answers",
}
STANDINGS = {"pass": "Pass", "reason": "Reason needed", "unjudged": "Not judged", "fail": "Fail"}
COLOURS = {"pass": "#1a7f37", "reason": "#9a6700", "unjudged": "#57606a", "fail": "#b42318"}

FONT, BOLD = "Vera", "VeraBd"
EASTERN = (("STSong-Light", "gbk"), ("HYSMyeongJo-Medium", "cp949"))
"""Fonts that viewers include, and for each an encoding with the characters that it has."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class WorstPair:
    """An image on which the candidate lost.

    Attributes:
        pictures: JPEG with the old version's outlines, and with the new one's; None if the reader
            may not see it, or it was deleted.
    """

    set_name: str
    image_id: str
    frame_index: int
    before: float
    after: float
    missed: bool
    false_outline: bool
    pictures: tuple[bytes, bytes] | None


@dataclass(frozen=True)
class Report:
    """The content of an evaluation's report.

    Attributes:
        look: which look at the project's test part this was, from 1.
        verdict: as `worker.evaluation.verdict.judge` returns it, with `classes` and `skipped`.
    """

    id: UUID
    model: str
    serving: str
    created_at: datetime
    created_by: str
    look: int
    verdict: dict[str, Any]
    worst: Sequence[WorstPair]


def report_pdf(report: Report) -> bytes:
    """Write the report; equal reports give equal bytes."""
    file = io.BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
        title=f"Evaluation of {report.model}",
        author="Sonoloop",
        lang="en",
        invariant=1,
    )

    def foot(canvas: Any, _: SimpleDocTemplate) -> None:
        canvas.setFont(FONT, 7)
        canvas.setFillColor(colors.HexColor("#57606a"))
        said = f"Evaluation {report.id}. For research use only. Not a medical device."
        canvas.drawString(MARGIN, 0.9 * cm, said)
        canvas.drawRightString(A4[0] - MARGIN, 0.9 * cm, f"Page {canvas.getPageNumber()}")

    document.build([*_parts(report)], onFirstPage=foot, onLaterPages=foot)
    return file.getvalue()


def _parts(report: Report) -> Iterable[Flowable]:
    verdict = report.verdict
    yield _text(f"Evaluation of {report.model} against {report.serving}", "title")
    yield _text(sentence(report), "lead")
    yield _text(
        f"Requested by {report.created_by} on {report.created_at:%d %B %Y, %H:%M} UTC. Look "
        f"{report.look} at the test part of this project: the more looks, the more likely it is "
        "that one is good by chance. Intervals are 95 %, of patients drawn with replacement."
    )
    yield _text("The gate", "heading")
    yield _gate(verdict["checks"])
    yield _text("Old against new", "heading")
    yield _sets(verdict["figures"])
    if verdict.get("classes"):
        yield Spacer(0, 8)
        yield _classes(verdict["classes"])
    if verdict.get("skipped"):
        yield _text(f"Images deleted after the sets were frozen: {verdict['skipped']}.")
    yield _text("What got worse", "heading")
    yield from _worse(report)


def sentence(report: Report) -> str:
    """The verdict in one sentence."""
    model, serving, checks = report.model, report.serving, report.verdict["checks"]
    count = {name: sum(one["standing"] == name for one in checks) for name in STANDINGS}
    standing = report.verdict["standing"]
    if standing == "pass":
        return f"{model} is better than {serving} and nowhere worse: it passes the gate."
    if standing == "reason":
        return (
            f"{model} is nowhere worse than {serving} but was not shown to be better: it passes "
            "the gate if a reason is given."
        )
    if standing == "unjudged":
        return (
            f"Whether {model} may replace {serving} cannot be judged. Checks of the gate with too "
            f"little data: {count['unjudged']}."
        )
    return (
        f"{model} does not pass the gate against {serving}: it fails {count['fail']} of "
        f"{len(checks)} checks."
    )


def _gate(checks: Sequence[Figures]) -> Table:
    head = ["Check", "Gate", "Old", "New", "Difference [95 %]", "Images", "Explanation"]
    rows = []
    for check in checks:
        images = f"{check['images']}" if check["images"] else ""
        if check["images"] and check["patients"]:
            images += f" of {check['patients']} patients"
        standing = check["standing"]
        name = NAMES.get(check["key"], check["key"])
        rows.append(
            [
                _text(": ".join(one for one in (name, check["group"]) if one), "cell"),
                _text(STANDINGS[standing], "strong", colour=COLOURS[standing]),
                *(_text(one, "cell") for one in _figures(check)),
                _text(images, "cell"),
                _text(check["text"], "cell"),
            ]
        )
    return _table(head, rows, [0.19, 0.1, 0.08, 0.08, 0.16, 0.12, 0.27])


def _figures(check: Figures) -> tuple[str, str, str]:
    """Old, new and difference of a row."""
    old, new, value = check["before"], check["after"], check["value"]
    if check["key"] == "time":
        times = tuple("" if one is None else f"{one:.0f} ms" for one in (old, new))
        return times[0], times[1], "" if value is None else f"{value:.2f} ×"
    difference = ""
    if value is not None and check["key"] != "answers":
        difference = f"{value:+.3f}"
        if check["low"] is not None and check["high"] is not None:
            difference += f" [{check['low']:+.3f}, {check['high']:+.3f}]"
    return _three(old), _three(new), difference


def _three(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _change(pair: Sequence[float | None]) -> str:
    old, new = pair
    return "–" if old is None or new is None else f"{old:.3f} to {new:.3f}"


def _sets(figures: Sequence[Figures]) -> Table:
    head = ["Data set", "Images", "Patients", "Lesion IoU", "Missed", "Outlined without a lesion"]
    rows = [
        [
            _text(one["set"], "cell"),
            _text(str(one["images"]), "cell"),
            _text(str(one["patients"]), "cell"),
            *(_text(_change(one[key]), "cell") for key in ("iou", "missed", "outlined")),
        ]
        for one in figures
    ]
    return _table(head, rows, [0.24, 0.1, 0.12, 0.18, 0.18, 0.18])


def _classes(sets: Sequence[Figures]) -> Table:
    rows = []
    for one in sets:
        old, new = one["before"], one["after"]
        names = sorted({*(old or {}).get("iou", {}), *(new or {}).get("iou", {})})
        figures = [
            *(
                (name, *((of or {}).get("iou", {}).get(name) for of in (old, new)))
                for name in names
            ),
            ("mean with background (mIoU)", *((of or {}).get("mean_iou") for of in (old, new))),
            ("pixel accuracy", *((of or {}).get("pixel_accuracy") for of in (old, new))),
        ]
        rows += [
            [_text(f"{one['set']}: {name}", "cell"), _text(_either(before, after), "cell")]
            for name, before, after in figures
        ]
    return _table(["Class", "IoU"], rows, [0.7, 0.3])


def _either(old: float | None, new: float | None) -> str:
    """A version without classes has no figure."""
    return f"{_three(old) or '–'} to {_three(new) or '–'}"


def _worse(report: Report) -> Iterable[Flowable]:
    failed = [one for one in report.verdict["checks"] if one["standing"] == "fail"]
    if not failed and not report.worst:
        yield _text("Nothing that was measured.")
    for check in failed:
        name = NAMES.get(check["key"], check["key"])
        of = f", {check['group']}" if check["group"] else ""
        yield _text(f"{name}{of}: {check['text']}")
    if not report.worst:
        return
    yield _text(
        f"Images that lost most, at most 20: {len(report.worst)}. White is what a reviewer "
        "approved, amber what the model draws: the old version on the left, the new one on the "
        "right."
    )
    yield Spacer(0, 6)
    pairs = [_pair(number, one) for number, one in enumerate(report.worst, 1)]
    for left in range(0, len(pairs), 2):
        row = pairs[left : left + 2]
        table = Table([row + [""] * (2 - len(row))], colWidths=[ACROSS / 2] * 2)
        table.setStyle(
            TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
        )
        yield KeepTogether(table)


def _pair(number: int, one: WorstPair) -> list[Flowable]:
    what = ", false outline" if one.false_outline else ", lesion missed" if one.missed else ""
    frame = f", frame {one.frame_index + 1}" if one.frame_index else ""
    said = [
        _text(f"{number}. IoU {one.before:.2f} to {one.after:.2f}{what}. {one.set_name}", "cell"),
        _text(f"Image {one.image_id}{frame}", "small"),
    ]
    if one.pictures is None:
        return [_text("No picture: deleted, or not for who asked.", "cell"), *said]
    table = Table([[_image(data) for data in one.pictures]], colWidths=[PICTURE + 4] * 2)
    table.hAlign = "LEFT"
    table.setStyle(TableStyle([(side, (0, 0), (-1, -1), 0) for side in PADDINGS]))
    return [table, *said]


PADDINGS = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING")


def _image(jpeg: bytes) -> Image:
    image = Image(io.BytesIO(jpeg))
    scale = min(PICTURE / image.imageWidth, MOST_HIGH / image.imageHeight)
    image.drawWidth, image.drawHeight = image.imageWidth * scale, image.imageHeight * scale
    return image


def _table(head: Sequence[str], rows: Sequence[Sequence[Flowable]], parts: list[float]) -> Table:
    cells = [[_text(name, "strong") for name in head], *rows]
    table = Table(cells, colWidths=[ACROSS * part for part in parts], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.HexColor("#57606a")),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, colors.HexColor("#d0d7de")),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 5),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table


STYLES = {
    "title": ParagraphStyle("title", fontName=BOLD, fontSize=15, leading=19, spaceAfter=6),
    "lead": ParagraphStyle("lead", fontName=BOLD, fontSize=9.5, leading=13, spaceAfter=4),
    "heading": ParagraphStyle(
        "heading",
        fontName=BOLD,
        fontSize=11,
        leading=14,
        spaceBefore=12,
        spaceAfter=4,
        keepWithNext=1,
    ),
    "text": ParagraphStyle("text", fontName=FONT, fontSize=8, leading=11, spaceAfter=2),
    "cell": ParagraphStyle("cell", fontName=FONT, fontSize=7, leading=9),
    "strong": ParagraphStyle("strong", fontName=BOLD, fontSize=7, leading=9),
    "small": ParagraphStyle(
        "small", fontName=FONT, fontSize=5.5, leading=7.5, textColor=colors.HexColor("#57606a")
    ),
}


def _text(words: str, style: str = "text", colour: str | None = None) -> Paragraph:
    said = marked(words)
    return Paragraph(f'<font color="{colour}">{said}</font>' if colour else said, STYLES[style])


def marked(words: str) -> str:
    """Text as reportlab's markup, each character in a font that has it; else a question mark."""
    _fonts()
    known = pdfmetrics.getFont(FONT).face.charToGlyph
    said: list[tuple[str, str]] = []
    for character in " ".join(words.split()):
        font = FONT
        if ord(character) not in known:
            font = next((name for name, code in EASTERN if _in(character, code)), FONT)
            character = "?" if font == FONT else character
        if said and said[-1][0] == font:
            said[-1] = (font, said[-1][1] + character)
        else:
            said.append((font, character))
    return "".join(
        escape(part) if font == FONT else f'<font name="{font}">{escape(part)}</font>'
        for font, part in said
    )


def _in(character: str, code: str) -> bool:
    try:
        return len(character.encode(code)) == 2
    except UnicodeEncodeError:
        return False


@cache
def _fonts() -> None:
    """Register the fonts with reportlab: its own, and those that viewers include."""
    folder = f"{reportlab.__path__[0]}/fonts"
    for name in (FONT, BOLD):
        pdfmetrics.registerFont(TTFont(name, f"{folder}/{name}.ttf"))
    for name, _ in EASTERN:
        pdfmetrics.registerFont(UnicodeCIDFont(name))
