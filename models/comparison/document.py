"""A report of headings, paragraphs, tables and pictures, and its Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table and how to show it."""

    text: str
    strong: bool = False
    """Whether it is the best of its column."""
    shade: float | None = None
    """0 to 1: depth of the background colour that shows its value at a glance."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows; a row that is a string is a heading for those below it."""

    header: Sequence[str]
    rows: Sequence[str | Sequence[str | Cell]]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the report's folder, and its description."""

    path: str
    shows: str
    of_patients: bool = False
    """Whether it shows images and must not leave the folder of the comparison."""


Block = str | Table | Items | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and the content below it."""

    heading: str
    blocks: list[Block] = field(default_factory=list)
    folded: bool = False
    """Whether it is long and seldom read: initially closed if the format supports that."""


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """Return the report as GitHub-flavoured Markdown."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.heading}")
        parts += [_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def without_pictures(sections: Sequence[Section]) -> list[Section]:
    """Return the sections with text and tables only, without those that had only pictures."""
    kept = [
        Section(s.heading, [b for b in s.blocks if not isinstance(b, Picture)]) for s in sections
    ]
    return [section for section in kept if section.blocks]


def cell(value: str | Cell) -> Cell:
    """Return the cell for a value of a table."""
    return value if isinstance(value, Cell) else Cell(value)


def _markdown(block: Block) -> str:
    if isinstance(block, Table):
        rule = ["---", *["---:"] * (len(block.header) - 1)]
        lines: list[Sequence[str]] = [block.header, rule]
        for row in block.rows:
            if isinstance(row, str):
                lines.append([f"**{row}**", *[""] * (len(block.header) - 1)])
            else:
                lines.append([_strong(cell(value)) for value in row])
        return "\n".join("| " + " | ".join(_escaped(c) for c in line) + " |" for line in lines)
    if isinstance(block, Items):
        return "\n".join(f"- {text}" for text in block.texts)
    if isinstance(block, Picture):
        return f"![{block.shows}]({block.path})"
    return block


def _strong(value: Cell) -> str:
    return f"**{value.text}**" if value.strong else value.text


def _escaped(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
