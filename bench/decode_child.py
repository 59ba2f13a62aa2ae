"""The cost of decoding in a separate process, compared with the same decoders in this process.

    python -m bench.decode_child --images 60

Both alternate on the same files of one megapixel, so that both run under the same load.
"""

from __future__ import annotations

import json
import statistics
import time

import click

from tests.synthetic import (
    dicom_bytes,
    jpeg_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)
from worker.decoding import Decoder
from worker.ingest import DecodeLimits, decode

SIDE = 1000


def files() -> dict[str, bytes]:
    """One picture of 1000 by 1000 px in four codings."""
    grey = ultrasound(SIDE, SIDE, seed=1).pixels
    region = ultrasound_region((100, 100, 800, 800))
    return {
        "png": png_bytes(grey),
        "png rgb": png_bytes(ultrasound(SIDE, SIDE, seed=1, color=True).pixels),
        "jpeg": jpeg_bytes(grey),
        "dicom": dicom_bytes(ultrasound_dataset(grey, [region])),
    }


@click.command()
@click.option("--images", default=60, show_default=True, help="Decodings of each file.")
def main(images: int) -> None:
    """Measure the decoding process."""
    limits, decoder, report = DecodeLimits(), Decoder(), {}
    try:
        for name, data in files().items():
            here, there = [], []
            for _ in range(images + 3):
                started = time.perf_counter()
                decode(data, limits)
                here.append((time.perf_counter() - started) * 1000)
                started = time.perf_counter()
                decoder.decode(data, limits)
                there.append((time.perf_counter() - started) * 1000)
            here, there = here[3:], there[3:]  # the first runs do the lazy loading
            added = [b - a for a, b in zip(here, there, strict=True)]
            report[name] = {
                "here_p50_ms": round(statistics.median(here), 2),
                "child_p50_ms": round(statistics.median(there), 2),
                "added_p50_ms": round(statistics.median(added), 2),
                "added_of_fastest_ms": round(min(there) - min(here), 2),
            }
    finally:
        decoder.close()
    click.echo(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
