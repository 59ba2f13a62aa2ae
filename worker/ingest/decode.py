"""The entry point for untrusted image bytes: from a still's bytes to pixels and attributes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from worker.ingest import dicom, raster
from worker.ingest.attributes import NOTES
from worker.ingest.errors import (
    LIBRARY_ERRORS,
    DecodeError,
    DecodeLimits,
    damaged,
    is_of_ffmpeg,
    is_panic,
    too_much_memory,
)
from worker.ingest.sniff import Format, sniff
from worker.pipeline.frame import Frame

if TYPE_CHECKING:
    from worker.deidentify import TextBox


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upload, decoded.

    `patient_id`, `study_id`, `series_id`, `instance_id` and `reference` identify a person: the
    caller turns the first four into pseudonyms, seals the last, and otherwise neither stores nor
    logs them, so they are not in the repr. `characteristics` and `dates` help to identify a person:
    they are stored only if the site says so, with the dates shifted.
    """

    frame: Frame
    format: Format
    attributes: dict[str, Any]
    """Allow-listed attributes of scanner and acquisition; JSON values. `Notes`, if present, lists
    implausible values of the file that were ignored, in fixed sentences.
    """
    patient_id: str | None = field(default=None, repr=False)
    study_id: str | None = field(default=None, repr=False)
    series_id: str | None = field(default=None, repr=False)
    reference: dict[str, Any] | None = field(default=None, repr=False)
    """The identifiers needed to write a result back to the source of a DICOM file."""
    instance_id: str | None = field(default=None, repr=False)
    regions: tuple[dict[str, Any], ...] = ()
    """The regions of the picture, with kind and scale if the file states them: columns of
    `app.images.tables.Region`.
    """
    blanked: tuple[TextBox, ...] = ()
    """Areas that de-identification blanked; empty before it."""
    suspected: tuple[TextBox, ...] = ()
    """Areas that it kept and that a person should check; empty before it."""
    characteristics: dict[str, Any] = field(default_factory=dict, repr=False)
    """Characteristics of the patient's body; see `worker.ingest.retained`."""
    dates: dict[str, str] = field(default_factory=dict, repr=False)
    """Dates of the examination by DICOM keyword, YYYYMMDD as in the file."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Impossible values in the file that were ignored."""
        return tuple(self.attributes.get(NOTES, ()))

    def deidentified(self) -> Decoded:
        """Return the same upload with everything that is not echo removed from its picture."""
        # Decoding processes do not need its networks.
        from worker.deidentify import deidentify

        found = deidentify(self.frame)
        return replace(self, frame=found.frame, blanked=found.blanked, suspected=found.suspected)


def decode(data: bytes, limits: DecodeLimits, content_type: str | None = None) -> Decoded:
    """Decode one still image from untrusted bytes.

    Accepts PNG, JPEG, TIFF, BMP, WebP and single-frame DICOM Part 10. The format is detected from
    the bytes. Sizes in the headers are checked before anything of that size is allocated. Files
    with data after the image's end, or that are also zip files, are refused.

    The orientation of EXIF and TIFF is applied, transparency becomes black, 16 bits become 8, and
    RGB without any colour becomes grey.

    Args:
        data: the file.
        limits: limits on sizes.
        content_type: the sender's statement; only used to word an error.

    Raises:
        DecodeError: the bytes are not an accepted image. Nothing else is raised, whatever the
            bytes; the caller limits the time.
    """
    limits.check_bytes(len(data))
    found = sniff(data, content_type)
    if found == "video":
        raise DecodeError(
            "video",
            "Video",
            "The file is a video, and a video is only read to be stored: send it with `store=true` "
            "or its frame of interest as an image.",
            422,
        )
    with library_errors():
        if found == "dicom":
            return of_dicom(dicom.read(data, limits))
        return Decoded(raster.read(data, found, limits), found, {})


def of_dicom(content: dicom.DicomContent) -> Decoded:
    """Return the content of a DICOM file as :class:`Decoded`."""
    return Decoded(
        content.frame,
        "dicom",
        content.attributes,
        content.patient_id,
        content.study_id,
        content.series_id,
        content.reference,
        content.instance_id,
        content.regions,
        characteristics=content.characteristics,
        dates=content.dates,
    )


@contextmanager
def library_errors() -> Iterator[None]:
    """Turn errors that libraries raise on damaged files into :class:`DecodeError`."""
    try:
        yield
    except DecodeError:
        raise
    except MemoryError:
        raise too_much_memory() from None
    except LIBRARY_ERRORS:
        # Not chained: messages of the libraries quote values from the file.
        raise damaged() from None
    except BaseException as error:
        if is_panic(error) or is_of_ffmpeg(error):
            raise damaged() from None
        raise
