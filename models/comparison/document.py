"""A report of headings, paragraphs, tables and pictures, and its Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table with how it is to be shown."""

    text: str
    strong: bool = False
    """The best of its column."""
    shade: float | None = None
    """0 to 1: how deep a background tells its value at a glance."""


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows; a row that is a text heads those below it."""

    header: Sequence[str]
    rows: Sequence[str | Sequence[str | Cell]]


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences."""

    texts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the report, and what it shows."""

    path: str
    shows: str
    of_patients: bool = False
    """It shows images and must not leave the folder of the comparison."""


Block = str | Table | Items | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what is below it."""

    heading: str
    blocks: list[Block] = field(default_factory=list)
    folded: bool = False
    """Long and seldom read: closed at first where the form of the report can do that."""


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """The report as GitHub-flavoured Markdown."""
    parts = [f"# {title}"]
    for section in sections:
        parts.append(f"## {section.heading}")
        parts += [_markdown(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def without_pictures(sections: Sequence[Section]) -> list[Section]:
    """The sections with words and tables alone; those that had nothing else are left out."""
    kept = [
        Section(s.heading, [b for b in s.blocks if not isinstance(b, Picture)]) for s in sections
    ]
    return [section for section in kept if section.blocks]


def cell(value: str | Cell) -> Cell:
    """A cell out of what a table may hold."""
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
