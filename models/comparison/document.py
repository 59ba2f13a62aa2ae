"""A report of headings, paragraphs, tables and pictures, as Markdown and as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 80rem; padding: 0 1rem }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap }
th, td { border-bottom: 1px solid #8885; padding: .25rem .75rem; text-align: right }
th:first-child, td:first-child { text-align: left }
img { height: auto; max-width: 100% }
@media (prefers-color-scheme: dark) { body { background: #111; color: #ddd } }
"""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of text."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the report, and what it shows."""

    path: str
    shows: str


Block = str | Table | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it."""

    heading: str
    blocks: list[Block] = field(default_factory=list)


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """The report as GitHub-flavoured Markdown."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.heading}")
        parts += [_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Table):
        rule = ["---", *["---:"] * (len(block.header) - 1)]
        lines = [block.header, rule, *block.rows]
        return "\n".join("| " + " | ".join(_cell(c) for c in line) + " |" for line in lines)
    if isinstance(block, Picture):
        return f"![{block.shows}]({block.path})"
    return block


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def to_html(title: str, sections: Sequence[Section]) -> str:
    """The report as one HTML page; pictures stay beside it."""
    body = [f"<h1>{escape(title)}</h1>"]
    for section in sections:
        body.append(f"<h2>{escape(section.heading)}</h2>")
        body += [_html(block) for block in section.blocks]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    if isinstance(block, Table):
        head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in block.header)
        rows = "\n".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in block.rows
        )
        return (
            f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table></div>"
        )
    if isinstance(block, Picture):
        return f'<p><img src="{escape(block.path)}" alt="{escape(block.shows)}"></p>'
    return f"<p>{escape(block)}</p>"
