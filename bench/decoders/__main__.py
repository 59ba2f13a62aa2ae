"""A matrix of generated files, decoded here and by DCMTK, GDCM, libtiff, Pillow and OpenCV.

    python -m bench.decoders                    # made files
    python -m bench.decoders --samples DIR      # and the files in a folder
    python -m bench.decoders --pydicom          # and the images in the wheel of pydicom

Needs Debian's dcmtk, libgdcm-tools and libtiff-tools. Exits with 1 if a generated file is wrong.
"""

import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import pydicom.data

from bench.decoders import dicom_files, raster_files
from bench.decoders.cases import Case
from bench.decoders.comparison import Outcome, compare
from bench.decoders.dicom_contents import full_window
from bench.decoders.peers import missing

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
SUFFIXES = {".dcm": "dicom", ".tif": "tiff", ".png": "png", ".bmp": "bmp", ".jpg": "jpeg"}


def found_in(folder: Path) -> Iterator[Case]:
    """The files of a folder, whose right answer is unknown; windows as in the file."""
    for path in sorted(folder.iterdir()):
        kind = SUFFIXES.get(path.suffix.lower())
        if kind:
            yield Case(f"{kind} {path.name}", path.read_bytes())


def windowed(case: Case) -> Iterator[Case]:
    """The case with each way in which DCMTK may display it."""
    bits_in_use = map(full_window, range(8, 17))
    for options in (("+Wi", "1"), ("+Wl", "1"), (), ("+Wm",), *bits_in_use):
        yield Case(case.name, case.data, options=options)


def compare_found(case: Case, folder: Path) -> Outcome:
    """Like `compare`, with the first way of display that agrees."""
    outcomes = []
    for one in windowed(case) if case.suffix == ".dicom" else [case]:
        outcomes.append(compare(one, folder))
        if outcomes[-1].verdict in ("same", "refused"):
            return outcomes[-1]
    return max(outcomes, key=lambda outcome: outcome.verdict == "wrong")


def report(title: str, outcomes: list[Outcome]) -> int:
    """Print counts and everything that differs anywhere; return how many are wrong."""
    print(f"\n{title}: {len(outcomes)} files")
    kinds = sorted({outcome.case.suffix[1:] for outcome in outcomes})
    verdicts = ("same", "refused", "alone", "wrong")
    print(f"{'':8}" + "".join(f"{verdict:>9}" for verdict in verdicts))
    for kind in kinds:
        counts = Counter(o.verdict for o in outcomes if o.case.suffix[1:] == kind)
        print(f"{kind:8}" + "".join(f"{counts[verdict]:9}" for verdict in verdicts))
    for verdict in ("wrong", "refused", "alone"):
        for outcome in outcomes:
            if outcome.verdict == verdict:
                others = ", ".join(outcome.agreeing + outcome.differing)
                print(f"  {verdict}: {outcome.case.name}: {outcome.detail} [{others}]")
    agreeing = Counter(name for outcome in outcomes for name in outcome.agreeing)
    for name, count in agreeing.most_common():
        print(f"  {name} shows the same: {count}")
    for outcome in outcomes:
        if outcome.verdict == "same" and outcome.differing:
            others = ", ".join(outcome.differing)
            print(f"  a peer differs: {outcome.case.name}: {others}")
    return sum(outcome.verdict == "wrong" for outcome in outcomes)


@click.command()
@click.option("--samples", type=FOLDER, multiple=True, help="A folder of other files.")
@click.option("--pydicom", "bundled", is_flag=True, help="Images in the wheel of pydicom.")
@click.option("--only", default="", help="Part of the names of made files.")
def main(samples: tuple[Path, ...], bundled: bool, only: str) -> None:
    """Decode files here and by peers."""
    if missing():
        raise click.ClickException(f"not installed: {', '.join(missing())}")
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = chain(dicom_files.cases(), raster_files.cases())
        outcomes = [compare(case, folder) for case in made if only in case.name]
        wrong = report("Made files", outcomes)
        if bundled:
            samples += (Path(pydicom.data.__file__).parent / "test_files",)
        for path in samples:
            report(path.name, [compare_found(case, folder) for case in found_in(path)])
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
