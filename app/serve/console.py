"""The terminal output of `sonoloop serve`: brief, and for people."""

import contextlib
import sys
import time
from pathlib import Path

import click

QUIET_SECONDS = 10.0
LINES_PER_SPELL = 8


class Console:
    """Prints to standard output, and limits the number of relayed lines."""

    def __init__(self) -> None:
        self._spell_start = 0.0
        self._in_spell = 0

    def say(self, text: str = "") -> None:
        """Print a line; a terminal that has gone is ignored."""
        # click strips the colours if the output is not a terminal.
        with contextlib.suppress(OSError, ValueError):
            click.echo(text)
            sys.stdout.flush()

    def pair(self, label: str, value: str, note: str = "") -> None:
        """Print a label and its value in two columns."""
        say = f"  {label:<14} {click.style(value, bold=True)}"
        self.say(f"{say}  {click.style(note, dim=True)}" if note else say)

    def problem(self, text: str) -> None:
        """Print something that the person must act on."""
        self.say(click.style(text, fg="red"))

    def note(self, text: str) -> None:
        """Print something that happened and needs no action."""
        self.say(click.style(text, fg="yellow"))

    def relay(self, name: str, line: str, log: Path) -> None:
        """Print a child's warning; at most a few in ten seconds, the others are in its log."""
        at = time.monotonic()
        if at - self._spell_start > QUIET_SECONDS:
            self._spell_start, self._in_spell = at, 0
        self._in_spell += 1
        if self._in_spell <= LINES_PER_SPELL:
            self.say(f"{click.style(f'{name:>7} |', dim=True)} {line[:300]}")
        elif self._in_spell == LINES_PER_SPELL + 1:
            self.say(click.style(f"        | more of this in {log}", dim=True))
