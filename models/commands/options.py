"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

model_option = click.option(
    "--model", help="NAME or NAME@VERSION; the default model where not given."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of the network."
)
report_option = click.option(
    "--json",
    "report",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default="-",
    show_default=True,
    help="Report to write; - is standard output.",
)
