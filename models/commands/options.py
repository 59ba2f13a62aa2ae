"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

from models.data.samples import DataError, Sample, in_folds, read_samples

model_option = click.option("--model", help="NAME or NAME@VERSION; default: the default model.")
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


def samples_of(data: str) -> list[Sample]:
    """Return the samples of `FOLDER` or `FOLDER:FOLD,…`.

    Raises:
        DataError: there is no such data set or fold.
    """
    folder, _, listed = data.rpartition(":") if data.count(":") else (data, "", "")
    samples = read_samples(Path(folder))
    if not listed:
        return samples
    try:
        return in_folds(samples, [int(fold) for fold in listed.split(",")])
    except ValueError as error:
        raise DataError(f"--data {data}: folds are whole numbers, such as :4 or :1,2.") from error
