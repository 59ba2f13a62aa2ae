"""Palette Color (PS3.3 C.7.6.3.1.5) and segmented palettes (C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from worker.ingest.errors import damaged
from worker.ingest.samples import Samples
from worker.ingest.scaling import look_up
from worker.ingest.tables import descriptor, significant_bits

_COLOURS = ("Red", "Green", "Blue")
_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2


def palette_to_rgb(samples: Samples, dataset: Dataset, big_endian: bool) -> NDArray[np.uint8]:
    """The colours of palette indices as uint8 [H,W,3].

    Raises:
        DecodeError: a palette is missing or shorter than declared.
    """
    tables, firsts = [], []
    for colour in _COLOURS:
        entries, first, bits = descriptor(
            dataset.get(f"{colour}PaletteColorLookupTableDescriptor"), samples.signed
        )
        data = dataset.get(f"{colour}PaletteColorLookupTableData")
        segmented = dataset.get(f"Segmented{colour}PaletteColorLookupTableData")
        order = ">" if big_endian else "<"
        if data:
            table = _entries(data, entries, order)
        elif segmented:
            table = _expanded(segmented, entries, bits, order)
        else:
            raise damaged()
        tables.append(table)
        firsts.append(first)
    # Some scanners declare 16 bits and use eight or twelve.
    top = max(int(table.max(initial=0)) for table in tables)
    wide = any(table.dtype != np.uint8 for table in tables)
    shift = significant_bits(top, 16) - 8 if wide else 0
    low = -(1 << (samples.bits - 1)) if samples.signed else 0
    indices = np.arange(low, low + (1 << samples.bits))
    colours = np.empty((len(indices), 3), np.uint8)
    for channel, (table, first) in enumerate(zip(tables, firsts, strict=True)):
        chosen = table[np.clip(indices - first, 0, len(table) - 1)]
        colours[:, channel] = np.minimum(chosen >> shift, 255)
    return look_up(colours, samples.values, low)


def _entries(data: bytes, entries: int, order: str) -> NDArray[Any]:
    """Read entries of 8 or 16 bits; the length decides which, not the descriptor."""
    if len(data) >= 2 * entries:
        return np.frombuffer(data, f"{order}u2", entries)
    if len(data) < entries:
        raise damaged()
    if order == ">":  # two entries in each word
        data = np.frombuffer(data[: len(data) // 2 * 2], ">u2").astype("<u2").tobytes()
    return np.frombuffer(data, np.uint8, min(entries, len(data)))


def _expanded(data: bytes, entries: int, bits: int, order: str) -> NDArray[Any]:
    """The entries of a segmented table, at most as many as its descriptor allows."""
    words = bits > 8
    values = np.frombuffer(data[: len(data) // 2 * 2], f"{order}u2")
    numbers = (values if words else values.astype("<u2").view(np.uint8)).tolist()
    places: list[int] = []
    colours: list[int] = []
    _points(numbers, 0, None, places, colours, entries, words)
    if len(places) != len(colours) or not places or places[-1] < entries - 1:
        raise damaged()
    table: NDArray[Any] = np.rint(np.interp(np.arange(entries), places, colours))
    return table.astype(np.uint16 if words else np.uint8)


def _points(
    numbers: list[int],
    at: int,
    segments: int | None,
    places: list[int],
    colours: list[int],
    entries: int,
    words: bool,
) -> None:
    """Append entries and their values, between which the table is linear.

    Takes `segments` segments if an indirect one requests that many, else all until the end.
    """
    read = 0
    while at + 1 < len(numbers) and read != segments:
        code, length = numbers[at], numbers[at + 1]
        place = places[-1] + 1 if places else 0
        if place >= entries:
            return
        at += 2
        read += 1
        if code == _DISCRETE:
            colours.extend(numbers[at : at + length])
            places.extend(range(place, place + min(length, len(numbers) - at)))
            at += length
        elif code == _LINEAR and places and length and at < len(numbers):
            places.append(place + length - 1)
            colours.append(numbers[at])
            at += 1
        elif code == _INDIRECT and segments is None:
            # Repeated segments; an indirect one among them is not allowed.
            width, bits = (2, 16) if words else (4, 8)
            parts = numbers[at : at + width]
            if len(parts) < width:
                raise damaged()
            offset = sum(part << (bits * index) for index, part in enumerate(parts))
            at += width
            _points(numbers, offset, length, places, colours, entries, words)
        else:
            raise damaged()
