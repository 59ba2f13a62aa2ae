"""The kinds of pixels in DICOM, and their displayed pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from bench.decoders.cases import colour, grey
from tests.synthetic import ultrasound_dataset

GREY, COLOUR = grey(), colour()
RAMPS = (np.arange(256), 255 - np.arange(256), np.arange(256) // 2)
IN_COLOUR = np.dstack([ramp[GREY] for ramp in RAMPS]).astype(np.uint8)


class Content:
    """A data set with a picture, and its displayed form."""

    def __init__(
        self,
        name: str,
        picture: NDArray[np.uint8],
        values: NDArray[Any],
        options: tuple[str, ...] = (),
        **attributes: Any,
    ) -> None:
        self.name, self.picture, self.values, self.options = name, picture, values, options
        self.attributes = attributes

    def dataset(self) -> Dataset:
        """Uncompressed, little-endian."""
        dataset = ultrasound_dataset(self.picture if self.values.ndim != 2 else GREY)
        dataset.BitsAllocated = dataset.BitsStored = 8 * self.values.dtype.itemsize
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelRepresentation = int(self.values.dtype.kind == "i")
        dataset.PixelData = self.values.tobytes()
        for keyword, value in self.attributes.items():
            setattr(dataset, keyword, value)
        if "HighBit" not in self.attributes:
            dataset.HighBit = dataset.BitsStored - 1
        return dataset


def palette(layout: str, scale: int, repeat: int = 1) -> dict[str, Any]:
    """Attributes of Palette Color, each colour as often as indices refer to it."""
    found: dict[str, Any] = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, ramp in zip(("Red", "Green", "Blue"), RAMPS, strict=True):
        entries = np.repeat(ramp * scale, repeat)
        bits = 8 if layout == "u1" else 16
        found[f"{name}PaletteColorLookupTableDescriptor"] = [len(entries) % 65536, 0, bits]
        found[f"{name}PaletteColorLookupTableData"] = entries.astype(layout).tobytes()
    return found


def ybr_full(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """PS3.3 C.7.6.3.1.2."""
    matrix = [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
    values = np.rint(rgb @ np.array(matrix).T + [0, 128, 128])
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def ybr_partial(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """PS3.3 C.7.6.3.1.2."""
    matrix = [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]
    values = np.rint(rgb @ np.array(matrix).T + [16, 128, 128])
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def shared(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """YBR in which two pixels share the chrominance."""
    parts = [values[:, ::2, 0], values[:, 1::2, 0], values[:, ::2, 1], values[:, ::2, 2]]
    return np.ascontiguousarray(np.stack(parts, axis=-1)).reshape(len(values), -1)


def full_window(bits: int) -> tuple[str, ...]:
    """Options of DCMTK for a picture displayed by the bits in use."""
    return ("+Ww", str(1 << (bits - 1)), str(1 << bits))


def contents() -> Iterator[Content]:
    """The kinds of pixels."""
    wide = GREY.astype("<u2")
    twelve = wide << 4 | wide >> 4
    smooth = COLOUR.copy()
    smooth[0, 0] = smooth[0, 1]  # pairs share chrominance
    yield Content("grey 8", GREY, GREY)
    yield Content("grey 8 of 16", GREY, wide, BitsStored=8)
    yield Content("white at zero", GREY, 255 - GREY, PhotometricInterpretation="MONOCHROME1")
    yield Content("grey 12", GREY, twelve, BitsStored=12)
    yield Content("grey 12, high bit 15", GREY, twelve << 4, BitsStored=12, HighBit=15)
    yield Content("grey 16", GREY, wide * 257)
    yield Content("8 in 16 without a window", GREY, wide, full_window(8))
    yield Content("10 in 16 without a window", GREY, wide << 2 | wide >> 6, full_window(10))
    low, high = int(GREY.min()), int(GREY.max())
    stretched = np.rint((GREY.astype(float) - low) / (high - low) * 255).astype(np.uint8)
    signed = (GREY.astype(np.int32) * 200 - 20000).astype("<i2")
    yield Content("signed 16", stretched, signed, ("+Wm",))
    small = (GREY.astype(np.int16) * 8 - 1024).astype("<i2")
    stored = (small.view("<u2") & 0x0FFF).view("<i2")
    yield Content("signed 12", stretched, stored, ("+Wm",), BitsStored=12)
    overlay = twelve.copy()
    overlay[10:20] |= 1 << 12
    overlay[50:60] |= 1 << 15
    yield Content("overlay in unused bits", GREY, overlay, BitsStored=12)
    yield Content("window", GREY, wide * 3 + 1000, ("+Wi", "1"), WindowCenter=1383, WindowWidth=766)
    yield Content("RGB", COLOUR, COLOUR)
    planes = np.ascontiguousarray(COLOUR.transpose(2, 0, 1))
    yield Content("RGB in planes", COLOUR, planes, PlanarConfiguration=1)
    ybr = ybr_full(COLOUR)
    yield Content("YBR_FULL", COLOUR, ybr, PhotometricInterpretation="YBR_FULL")
    yield Content(
        "YBR_FULL in planes",
        COLOUR,
        np.ascontiguousarray(ybr.transpose(2, 0, 1)),
        PhotometricInterpretation="YBR_FULL",
        PlanarConfiguration=1,
    )
    for name, convert in (("YBR_FULL_422", ybr_full), ("YBR_PARTIAL_422", ybr_partial)):
        values = shared(convert(smooth))
        yield Content(name, smooth, values[..., None], PhotometricInterpretation=name)
    yield Content("palette, 16-bit entries", IN_COLOUR, GREY, **palette("<u2", 257))
    yield Content("palette, 8-bit entries", IN_COLOUR, GREY, **palette("u1", 1))
    yield Content("palette, 8 filled of 16", IN_COLOUR, GREY, **palette("<u2", 1))
    yield Content("palette, 16-bit indices", IN_COLOUR, wide * 256 + 9, **palette("<u2", 257, 256))
    yield Content(
        "palette, 12-bit indices", IN_COLOUR, twelve, BitsStored=12, **palette("<u2", 257, 16)
    )


def tables() -> Iterator[Content]:
    """Lookup tables and windows, of 8-bit grey."""
    values = np.arange(256)
    shown = np.rint(255 * (values / 255) ** 2)

    def table(bits: int) -> Sequence:
        item = Dataset()
        item.add_new("LUTDescriptor", "US", [256, 0, bits])
        item.add_new("LUTData", "US", np.rint(shown / 255 * ((1 << bits) - 1)).astype(int).tolist())
        return Sequence([item])

    curved = shown[GREY].astype(np.uint8)
    for bits in (8, 12, 16):
        yield Content(
            f"VOI LUT of {bits} bits", curved, GREY, ("+Wl", "1"), VOILUTSequence=table(bits)
        )
        yield Content(
            f"modality LUT of {bits} bits",
            curved,
            GREY,
            (),
            ModalityLUTSequence=table(bits),
            RescaleType="US",
        )
    half = np.clip(np.rint((GREY.astype(float) - 63.5) / 128 * 255), 0, 255).astype(np.uint8)
    for function, centre, width in (("LINEAR", 128, 129), ("LINEAR_EXACT", 127.5, 128)):
        yield Content(
            f"window {function}",
            half,
            GREY,
            ("+Wi", "1") if function == "LINEAR" else ("+Ww", "128", "129"),
            WindowCenter=centre,
            WindowWidth=width,
            VOILUTFunction=function,
        )
    curve = np.rint(255 / (1 + np.exp(-4 * (GREY.astype(float) - 128) / 100))).astype(np.uint8)
    yield Content(
        "window SIGMOID",
        curve,
        GREY,
        ("+Wi", "1", "+Wfs"),
        WindowCenter=128,
        WindowWidth=100,
        VOILUTFunction="SIGMOID",
    )
    yield Content(
        "slope and window",
        GREY,
        GREY,
        ("+Wi", "1"),
        RescaleSlope=2,
        RescaleIntercept=-100,
        RescaleType="US",
        WindowCenter=155.5,
        WindowWidth=511,
    )
    empty = Dataset()
    empty.add_new("LUTDescriptor", "US", None)
    empty.add_new("LUTData", "US", None)
    yield Content("empty VOI LUT", GREY, GREY, VOILUTSequence=Sequence([empty]))
    yield Content("window beside the values", GREY, GREY, WindowCenter=5000, WindowWidth=10)
