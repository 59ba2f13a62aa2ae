"""Other decoders: DCMTK, GDCM, libtiff, Pillow, OpenCV."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from bench.decoders.cases import Case

TOOLS = ("dcmj2pnm", "gdcmconv", "tiff2rgba", "tiffcp")
_SECONDS = 30


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [tool for tool in (*TOOLS, "dcmcjpeg", "dcmcjpls") if shutil.which(tool) is None]


def run(*command: str | Path) -> bool:
    """Run a program; return whether it is installed and succeeded."""
    line = list(map(str, command))
    if shutil.which(line[0]) is None:
        return False
    done = subprocess.run(line, capture_output=True, timeout=_SECONDS, check=False)
    return done.returncode == 0


def seen_by_peers(case: Case, folder: Path) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The names of decoders that accept the file, and their pictures."""
    path = folder / f"file{case.suffix}"
    path.write_bytes(case.data)
    if case.suffix == ".dicom":
        yield from _dicom(path, case.options, folder)
        return
    if case.suffix == ".tiff":
        rendered = folder / "rendered.tiff"
        rendered.unlink(missing_ok=True)
        if run("tiff2rgba", "-c", "none", path, rendered):
            yield "libtiff", _pillow(rendered.read_bytes())
    with suppress(Exception):
        yield "Pillow", _pillow(case.data)
    decoded = cv2.imdecode(np.frombuffer(case.data, np.uint8), cv2.IMREAD_COLOR)
    if decoded is not None:
        yield "OpenCV", np.ascontiguousarray(decoded[..., ::-1])


def _pillow(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def _dicom(
    path: Path, options: tuple[str, ...], folder: Path
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    rendered, raw = folder / "rendered.png", folder / "raw.dicom"
    for name, source, extra in (
        ("DCMTK", path, ()),
        ("DCMTK, colours guessed", path, ("+cg",)),  # according to the stream, as libjpeg does
        ("GDCM", raw, ()),
    ):
        rendered.unlink(missing_ok=True)
        if source is raw:
            raw.unlink(missing_ok=True)
            if not run("gdcmconv", "--raw", path, raw) or not raw.exists():
                continue
        if (
            run("dcmj2pnm", "-q", "-O", "+on", *extra, *options, source, rendered)
            and rendered.exists()
        ):
            yield name, _pillow(rendered.read_bytes())
