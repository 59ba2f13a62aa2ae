"""Options that several commands have."""

from __future__ import annotations

import click

model_option = click.option(
    "--model", help="NAME or NAME@VERSION; the default model where not given."
)
threads_option = click.option(
    "--threads", type=click.IntRange(min=1), help="CPU threads of the network."
)
