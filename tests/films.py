"""Films and streams of a moving lesion, like those of a scanner's monitor."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from models.synthetic.cine import random_cine
from tests.cines import cine_frames


def film(
    path: Path, *, count: int = 30, rate: int = 30, height: int = 96, width: int = 128
) -> Path:
    """Write an MP4 or AVI with `count` frames and return its path."""
    _write(str(path), count, rate, (height, width))
    return path


def lesion_film(path: Path, *, count: int, rate: int) -> Path:
    """Write an MP4 of a breast with a moving lesion that the shipped networks outline."""
    frames = random_cine("breast", 1, 4).frames
    _code(str(path), frames, count, rate)
    return path


def _write(to: Any, count: int, rate: int, size: tuple[int, int], kind: str | None = None) -> None:
    frames, _ = cine_frames(6, *size)
    _code(to, frames, count, rate, kind)


def _code(
    to: Any, frames: NDArray[np.uint8], count: int, rate: int, kind: str | None = None
) -> None:
    with av.open(to, "w", format=kind) as out:
        stream = out.add_stream(
            "libx264", rate=Fraction(rate), options={"preset": "ultrafast", "g": "5"}
        )
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for index in range(count):
            picture = av.VideoFrame.from_ndarray(frames[index % len(frames)], format="gray")
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))


@contextmanager
def http_stream(port: int = 0) -> Iterator[str]:
    """Serve a short MPEG transport stream, from its start for each client; yield its address."""
    buffer = io.BytesIO()
    _write(buffer, 30, 30, (96, 128), "mpegts")

    class Monitor(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "video/mp2t")
            self.end_headers()
            self.wfile.write(buffer.getvalue())

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Monitor)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/monitor.ts"
    finally:
        server.shutdown()
        server.server_close()
