"""`sonoloop predict`: the pipeline on files, without a server."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import click
import cv2
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.core.disk import write_whole
from app.core.logs import escape
from app.core.settings import VERSION
from worker.decoding import decode
from worker.ingest import Decoded, DecodeError, DecodeLimits
from worker.pipeline import (
    CrfUnavailableError,
    ModelError,
    Network,
    PipelineSettings,
    Segmentation,
    SiteModels,
    encode_mask_png,
    encode_png,
    segment,
)
from worker.pipeline.engines import usable_cores
from worker.pipeline.settings import CrfEngineName


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for STEM_mask.png, STEM_overlay.png and STEM.json; created if missing.",
)
@click.option("--model", help="NAME or NAME@VERSION; default: the default model.")
@click.option(
    "--crf",
    type=click.Choice(get_args(CrfEngineName)),
    help="CRF engine instead of the card's, with the card's weights.",
)
@click.option("--json-only", is_flag=True, help="Write only STEM.json, no pictures.")
@click.option("--threads", type=click.IntRange(min=1), help="CPU threads; default: all cores.")
def predict(
    files: tuple[Path, ...],
    out: Path,
    model: str | None,
    crf: CrfEngineName | None,
    json_only: bool,
    threads: int | None,
) -> None:
    """Outline the lesions in FILES (PNG, JPEG, TIFF, BMP, WebP or single-frame DICOM).

    A folder stands for all files in it and its subfolders. A file that cannot be read does not stop
    the others; the exit code is then 1.
    """
    files = tuple(listed(files, out))
    refuse_same_stems(files)
    cores = threads or usable_cores()
    beside = min(cores, len(files))
    # Several images run in parallel on one thread each, without waiting; a single image gets all
    # threads.
    each = max(1, cores // beside)
    cv2.setNumThreads(each)
    try:
        site = SiteModels()
        network = site.load(model, threads=each, engine=site.engine, callers=beside)
        out.mkdir(parents=True, exist_ok=True)
    except ModelError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out} cannot be made: {error.strerror}.") from error
    settings = PipelineSettings.for_card(network.card)
    if crf is not None:
        settings = settings.model_copy(
            update={"crf": settings.crf.model_copy(update={"engine": crf})}
        )
    with Progress(
        TextColumn("predict"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        done = _each(files, beside, lambda path: _failure(path, out, network, settings, json_only))
        try:
            failures = [one for one in bar.track(done, total=len(files)) if one is not None]
        except CrfUnavailableError as error:
            raise click.ClickException(str(error)) from error
    if failures:
        for failure in failures:
            click.echo(escape(failure), err=True)
        raise click.ClickException(f"{len(failures)} of {len(files)} files failed; see above.")


def listed(paths: Sequence[Path], out: Path) -> list[Path]:
    """List the files: those given, and all files in the given folders except hidden ones.

    Raises:
        click.UsageError: a folder contains no file, or is the output folder.
    """
    files: list[Path] = []
    results = out.resolve()
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        folder = path.resolve()
        if folder == results:
            raise click.UsageError(f"{path} is where the results go; name another folder by --out.")
        earlier = results if results.is_relative_to(folder) else None
        inside = [
            one
            for one in sorted(path.rglob("*"))
            if one.is_file()
            and not any(part.startswith(".") for part in one.relative_to(path).parts)
            and not (earlier and one.resolve().is_relative_to(earlier))
        ]
        if not inside:
            raise click.UsageError(f"The folder {path} holds no file.")
        files += inside
    return files


def _each(
    files: Sequence[Path], beside: int, work: Callable[[Path], str | None]
) -> Iterator[str | None]:
    """Yield the results for the files in order; if one raises, those not started are cancelled."""
    pool = ThreadPoolExecutor(beside, thread_name_prefix="predict")
    try:
        yield from pool.map(work, files)
    finally:
        pool.shutdown(cancel_futures=True)


def _failure(
    path: Path, out: Path, network: Network, settings: PipelineSettings, json_only: bool
) -> str | None:
    """Segment one file; return the reason if that fails."""
    try:
        predict_file(path, out, network, settings, json_only=json_only)
    except DecodeError as error:
        return f"{path}: {error.title}. {error.detail}"
    except OSError as error:
        return f"{error.filename or path}: {error.strerror}"
    return None


def refuse_same_stems(files: Sequence[Path]) -> None:
    """Refuse inputs whose results would overwrite each other.

    Raises:
        click.UsageError: two files have the same stem.
    """
    by_stem: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        by_stem[path.stem].append(path)
    for stem, paths in by_stem.items():
        if len(paths) > 1:
            listed = ", ".join(str(path) for path in paths)
            raise click.UsageError(
                f"{listed} would all be written as {stem!r}; rename them or run them one by one "
                "into different folders."
            )


def predict_file(
    path: Path,
    out: Path,
    network: Network,
    settings: PipelineSettings,
    *,
    json_only: bool = False,
) -> Segmentation:
    """Segment one file as an upload would be, and write its results.

    Raises:
        DecodeError: the file is not an accepted image.
        OSError: the file cannot be read, or the results cannot be written.
    """
    # As in the service: nothing outside the sector reaches the network or the overlay.
    decoded = decode(path.read_bytes(), DecodeLimits()).deidentified()
    found = segment(decoded.frame, network, settings)
    document = json.dumps(report(path, decoded, found, network, settings), indent=2) + "\n"
    results = {f"{path.stem}.json": document.encode()}
    if not json_only:
        results[f"{path.stem}_mask.png"] = encode_mask_png(found.mask)
        results[f"{path.stem}_overlay.png"] = encode_png(found.overlay(decoded.frame))
    # The JSON is written last: if it exists, so do the pictures.
    for name in sorted(results, reverse=True, key=lambda name: name.endswith(".png")):
        write_whole(out / name, results[name])
    return found


def report(
    path: Path,
    decoded: Decoded,
    found: Segmentation,
    network: Network,
    settings: PipelineSettings,
) -> dict[str, Any]:
    """Return the content of STEM.json: the result, facts read from the file, and provenance."""
    card = network.card
    return {
        "file": path.name,
        "format": decoded.format,
        "attributes": decoded.attributes,
        **found.to_json(),
        "provenance": {
            "model": {"name": card.name, "version": card.version, "sha256": card.sha256},
            "settings": settings.model_dump(mode="json"),
            "software": f"sonoloop {VERSION}",
            "provider": network.provider,
        },
    }
