"""A report as one self-contained HTML page that makes no requests."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from models.comparison.document import Block, Items, Picture, Section, Table, cell
from models.comparison.style import STYLE

_KINDS = {".jpg": "image/jpeg", ".png": "image/png"}


def to_html(title: str, lead: str, sections: Sequence[Section], folder: Path) -> str:
    """Return the report as one page with embedded pictures.

    Args:
        title: the page's title.
        lead: a sentence below the title.
        sections: the report's sections.
        folder: the folder of the pictures.
    """
    links = "\n".join(
        f'<li><a href="#{_anchor(section.heading)}">{escape(section.heading)}</a></li>'
        for section in sections
    )
    body = "\n".join(_section(section, folder) for section in sections)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1>\n<p>{escape(lead)}</p></header>\n"
        f'<nav aria-label="Sections"><ol>\n{links}\n</ol></nav>\n'
        f"<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _section(section: Section, folder: Path) -> str:
    blocks = "\n".join(_block(block, folder) for block in section.blocks)
    heading = f"<h2>{escape(section.heading)}</h2>"
    if section.folded:
        inside = f"<details><summary>{heading}</summary>\n{blocks}\n</details>"
    else:
        inside = f"{heading}\n{blocks}"
    return f'<section id="{_anchor(section.heading)}">\n{inside}\n</section>'


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _block(block: Block, folder: Path) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Items):
        items = "\n".join(f"<li>{escape(text)}</li>" for text in block.texts)
        return f"<ul>\n{items}\n</ul>"
    if isinstance(block, Picture):
        return (
            f"<figure>{_inlined(block, folder / block.path)}\n"
            f"<figcaption>{escape(block.shows)}</figcaption></figure>"
        )
    return f"<p>{escape(block)}</p>"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in table.header)
    lines = []
    for row in table.rows:
        if isinstance(row, str):
            span = len(table.header)
            lines.append(
                f'<tr class="group"><th scope="rowgroup" colspan="{span}">'
                f"<span>{escape(row)}</span></th></tr>"
            )
            continue
        first, *rest = (cell(value) for value in row)
        cells = [f'<th scope="row">{escape(first.text)}</th>']
        for value in rest:
            shade = "" if value.shade is None else f' style="--shade:{value.shade:.2f}"'
            kind = " ".join(
                name
                for name, is_so in (("best", value.strong), ("shade", value.shade is not None))
                if is_so
            )
            marked = f' class="{kind}"' if kind else ""
            cells.append(f"<td{marked}{shade}>{escape(value.text)}</td>")
        lines.append("<tr>" + "".join(cells) + "</tr>")
    body = "\n".join(lines)
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Table"><table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _inlined(picture: Picture, path: Path) -> str:
    if path.suffix == ".svg":
        # Drawn in the colour of the text, to be legible on any background.
        drawing = path.read_text(encoding="utf-8").replace("#000000", "currentColor")
        drawing = drawing[drawing.index("<svg") :]
        return drawing.replace("<svg ", f'<svg role="img" aria-label="{escape(picture.shows)}" ', 1)
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f'<img decoding="async" src="data:{_KINDS[path.suffix]};base64,{content}" '
        f'alt="{escape(picture.shows)}">'
    )
