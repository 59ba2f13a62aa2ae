"""Instances as machines send them: files of invented patients, and bodies of STOW-RS."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import generate_uid

from tests.synthetic import dicom_bytes, ultrasound_dataset

BOUNDARY = "a-boundary-of-tests"
STUDY = generate_uid(entropy_srcs=["sonoloop-tests", "study"])


def instance_uid(number: int) -> str:
    """Return the UID of one of the tests' instances."""
    return str(generate_uid(entropy_srcs=["sonoloop-tests", "instance", str(number)]))


def pixels(number: int, height: int = 64, width: int = 80) -> NDArray[np.uint8]:
    """Return noise that differs for every number."""
    return np.random.default_rng(number).integers(0, 255, (height, width), dtype=np.uint8)


def instance(number: int, drawn: int | None = None, **attributes: Any) -> bytes:
    """Return the Part 10 file of the instance with this number, or with another one's pixels."""
    dataset = ultrasound_dataset(
        pixels(number if drawn is None else drawn),
        **{
            "SOPInstanceUID": instance_uid(number),
            "StudyInstanceUID": STUDY,
            **attributes,
        },
    )
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    return dicom_bytes(dataset)


def stow_body(files: Iterable[bytes], boundary: str = BOUNDARY) -> bytes:
    """Return the body of a STOW-RS request."""
    head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
    return b"".join(head + one + b"\r\n" for one in files) + f"--{boundary}--\r\n".encode()


def archive(files: Mapping[str, bytes], packed: bool = True) -> bytes:
    """Return a ZIP of these files, by path."""
    buffer = io.BytesIO()
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(buffer, "w", how) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return buffer.getvalue()


def stow_headers(boundary: str = BOUNDARY) -> dict[str, str]:
    """Return the headers of a STOW-RS request."""
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    return {"Content-Type": kind, "Accept": "application/dicom+json"}


@cache
def _one() -> bytes:
    return stow_body([instance(0)])


def one_instance() -> dict[str, Any]:
    """Return content and headers of a request that stores one instance."""
    return {"content": _one(), "headers": stow_headers()}
