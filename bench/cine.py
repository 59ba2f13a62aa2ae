"""Time from a cine's upload until it is playable, and from its frames to masks.

    python -m bench.cine [--frames 300]

A real site on SQLite in this process with the worker's own code, one job at a time: a DICOM file of
1024 × 768 px in JPEG. The rate of segmenting all frames is compared with that of the pipeline alone
on frames in memory, in the same run.
"""

from __future__ import annotations

import argparse
import time
from uuid import UUID

import numpy as np

from app.accounts.tables import Role
from app.core.broker import BACKGROUND_QUEUE, SEGMENT_QUEUE
from bench.statements import good, opened
from tests.cines import cine_dicom, cine_frames
from worker.storage.pictures import stored_frame
from worker.tasks.process import predict_frame
from worker.tasks.run import finish_all, run

HEIGHT, WIDTH = 768, 1024
PACK = 16
ALONE = 12
"""Number of frames on which the pipeline alone is timed."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    count = parser.parse_args().frames
    frames, _ = cine_frames(count, HEIGHT, WIDTH)
    data = cine_dicom(frames, "jpeg")
    print(f"{count} frames of {WIDTH} × {HEIGHT} px, {len(data) / 1e6:.0f} MB of DICOM in JPEG")
    with opened() as (site, runtime):
        client = site.browser(Role.ADMIN)
        runtime.network(None)
        sent = client.post(
            "/segment?wait=0", content=data, headers={"Content-Type": "application/dicom"}
        )
        job = good(sent)["id"]
        run(runtime, SEGMENT_QUEUE)
        finish_all()
        started = time.perf_counter()
        assert run(runtime, BACKGROUND_QUEUE)
        finish_all()
        print(f"from upload to stored, with key frames segmented: {_since(started):.1f} s")
        image = good(client.get(f"/jobs/{job}"))["image_id"]
        started = time.perf_counter()
        good(client.get(f"/images/{image}/frames"))
        print(f"what is known of each frame: {_since(started) * 1000:.0f} ms")
        first = []
        for at in range(0, count, PACK):
            started = time.perf_counter()
            answer = client.get(f"/images/{image}/clip", params={"first": at, "count": PACK})
            assert answer.status_code == 200
            first.append(_since(started) * 1000)
        print(
            f"{PACK} frames to play: first {first[0]:.0f} ms, p50 {np.median(first):.0f} ms, "
            f"{len(answer.content) / 1e6:.1f} MB at the end"
        )
        network = runtime.network(None)
        stored = [stored_frame(runtime, UUID(image), index).frame for index in range(ALONE)]
        predict_frame(stored[0], network, 0.0)
        started = time.perf_counter()
        for one in stored:
            predict_frame(one, network, 0.0)
        alone = ALONE / _since(started)
        good(client.post(f"/images/{image}/segment", json={"frames": {}}))
        started = time.perf_counter()
        assert run(runtime, BACKGROUND_QUEUE)
        finish_all()
        rate = (count - 8) / _since(started)
        print(f"all frames to masks: {rate:.1f} a second; the pipeline alone {alone:.1f}")


def _since(started: float) -> float:
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
