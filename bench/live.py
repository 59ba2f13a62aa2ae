"""Frames per second that `sonoloop live` outlines, and their age when shown.

    python -m bench.live [--seconds 20] [--threads 2]

A film of 30 frames per second, 1024 × 768 px, of a simulated breast with a lesion is played at its
own pace. A viewer receives each message over the page's WebSocket, decodes its picture and requests
the next, as a browser does. The age is the time from when the frame was due in the film until its
picture and outline are decoded. Processor time shows what an idle machine could do.
"""

from __future__ import annotations

import argparse
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import psutil
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from models.synthetic.cine import random_cine

HEIGHT, WIDTH, RATE = 768, 1024, 30
WARM_SECONDS = 3.0
"""Not counted: the first frames trigger lazy loading."""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sonoloop-bench-") as folder:
        film = Path(folder) / "monitor.mp4"
        _write(film, arguments.seconds + 5)
        command = [sys.executable, "-m", "app", "live", str(film), "--port", "0"]
        command += ["--threads", str(arguments.threads)]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path.cwd()
        )
        try:
            assert process.stdout is not None
            link = process.stdout.readline().split()[-1]
            _watch(link, process.pid, arguments.seconds)
        finally:
            process.terminate()
            process.wait(60)


def _write(path: Path, seconds: int) -> None:
    frames = random_cine("breast", 1, 8, height=HEIGHT, width=WIDTH).frames
    frames = np.concatenate([frames, frames[::-1]])
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=Fraction(RATE), options={"preset": "ultrafast"})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        for index in range(seconds * RATE):
            picture = av.VideoFrame.from_ndarray(frames[index % len(frames)], format="gray")
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


def _watch(link: str, pid: int, seconds: int) -> None:
    url, _, token = link.partition("/#")
    ages: list[float] = []
    lesions = 0
    began = first = last = 0.0
    before = numbers = 0
    used = (0.0, 0.0)
    with connect(f"{url.replace('http', 'ws')}/stream", max_size=None) as socket:
        socket.send(json.dumps({"token": token}))
        while not began or time.monotonic() - began < seconds:
            try:
                message = socket.recv(timeout=60)
            except ConnectionClosed:
                break
            if isinstance(message, str):
                if json.loads(message).get("state") == "ended":
                    break
                continue
            came = time.monotonic()
            (length,) = struct.unpack("<I", message[:4])
            said = json.loads(message[4 : 4 + length])
            cv2.imdecode(np.frombuffer(message, np.uint8, offset=4 + length), cv2.IMREAD_UNCHANGED)
            socket.send('{"do":"shown"}')
            now = time.monotonic()
            began = began or now
            if now - began < WARM_SECONDS:
                continue
            if not first:
                first, used, before = now, _processor_seconds(pid), said["number"]
                continue
            ages.append(said["age_ms"] + (now - came) * 1000)
            lesions += bool(said["lesions"])
            last, numbers = now, said["number"] - before
        after = _processor_seconds(pid)
    count = len(ages)
    load = os.getloadavg()[0]
    print(f"{WIDTH} × {HEIGHT} px at {RATE} a second, {os.cpu_count()} cores, load {load:.1f}")
    print(f"outlined: {count / (last - first):.1f} a second, {lesions} of {count} with a lesion")
    print(f"from frame to overlay: p50 {np.percentile(ages, 50):.0f} ms, ", end="")
    print(f"p95 {np.percentile(ages, 95):.0f} ms")
    outlining, decoding = (1000 * (b - a) for a, b in zip(used, after, strict=True))
    print(f"processor time: {outlining / count:.0f} ms a frame to outline it, ", end="")
    print(f"{decoding / numbers:.1f} ms a frame of the film to decode it")


def _processor_seconds(pid: int) -> tuple[float, float]:
    """Processor seconds of the outlining and of the decoding process."""
    parent = psutil.Process(pid)
    children = parent.children(recursive=True)
    return sum(parent.cpu_times()[:2]), sum(sum(one.cpu_times()[:2]) for one in children)


if __name__ == "__main__":
    main()
