"""A network camera for tests: one password-protected H.264 stream by RTSP over TCP."""

from __future__ import annotations

import base64
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction

import av

from tests.cines import cine_frames

NAME, PASSWORD = "nurse", "lantern"
HEIGHT, WIDTH, RATE = 96, 128, 30
_SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=monitor\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track0\r\n"
)
_ANSWERS = {
    "OPTIONS": "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n",
    "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
    "PLAY": "Session: 1\r\n",
    "TEARDOWN": "Session: 1\r\n",
}


@contextmanager
def camera() -> Iterator[int]:
    """Run a camera and yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_listen, args=(listening,), daemon=True).start()
        yield listening.getsockname()[1]


def _listen(listening: socket.socket) -> None:
    with suppress(OSError):  # raised when the socket is closed
        while True:
            connection, _ = listening.accept()
            threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    """Answer requests (RFC 2326); `PLAY` starts sending packets between the responses."""
    right = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
    sending = threading.Lock()
    with connection, suppress(OSError), connection.makefile("rb") as requests:
        while line := requests.readline():
            if line[:1] == b"$":  # an RTCP report from the client
                return
            method = line.split()[0].decode()
            fields = dict[str, str]()
            while (field := requests.readline().strip()) != b"":
                name, _, value = field.decode().partition(": ")
                fields[name.lower()] = value
            body, more, status = "", _ANSWERS.get(method, ""), "200 OK"
            if fields.get("authorization") != right and method != "OPTIONS":
                status, more = "401 Unauthorized", 'WWW-Authenticate: Basic realm="monitor"\r\n'
            elif method == "DESCRIBE":
                body = _SDP
                more = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
            answer = f"RTSP/1.0 {status}\r\nCSeq: {fields['cseq']}\r\n{more}\r\n{body}"
            with sending:
                connection.sendall(answer.encode())
            if method == "PLAY":
                threading.Thread(target=_send, args=(connection, sending), daemon=True).start()


def _send(connection: socket.socket, sending: threading.Lock) -> None:
    """Send FFmpeg's RTP packets, each after its length, until the client disconnects."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
        packets.bind(("127.0.0.1", 0))
        packets.setblocking(False)
        port = packets.getsockname()[1]
        frames, _ = cine_frames(6, HEIGHT, WIDTH)
        options = {"preset": "ultrafast", "tune": "zerolatency", "g": "10"}
        address = f"rtp://127.0.0.1:{port}?pkt_size=1200"
        with suppress(OSError), av.open(address, "w", format="rtp") as out:
            stream = out.add_stream("libx264", rate=Fraction(RATE), options=options)
            stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
            for index in range(60 * RATE):
                picture = av.VideoFrame.from_ndarray(frames[index % len(frames)], format="gray")
                out.mux(stream.encode(picture))
                with suppress(BlockingIOError):
                    while True:
                        packet = packets.recv(65536)
                        with sending:
                            connection.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                time.sleep(1 / RATE)
