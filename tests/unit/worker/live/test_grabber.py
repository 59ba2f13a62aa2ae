"""Frames come from a separate process, the newest first, and a lost source comes back."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.films import film, http_stream
from tests.rtsp import NAME, PASSWORD, camera
from worker.live.grabber import GrabbedFrame, Grabber
from worker.live.source import Source, parse


@contextmanager
def grabbing(source: Source) -> Iterator[Grabber]:
    grabber = Grabber(source)
    try:
        yield grabber
    finally:
        grabber.close()


def wait_for(grabber: Grabber, state: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while grabber.state.name != state:
        grabber.newest()
        assert time.monotonic() < deadline, grabber.state


def frame(grabber: Grabber, seconds: float = 60) -> GrabbedFrame:
    deadline = time.monotonic() + seconds
    while (found := grabber.newest()) is None:
        assert time.monotonic() < deadline, grabber.state
    return found


def test_who_is_slow_sees_the_newest_frame_and_not_the_next(tmp_path: Path) -> None:
    with grabbing(parse(str(film(tmp_path / "a.mp4", count=90)))) as grabber:
        first = frame(grabber)
        time.sleep(0.7)
        second = frame(grabber)
        assert second.number - first.number > 5
        assert second.at - first.at > 0.5
        assert second.pixels.shape == (96, 128, 3)
        wait_for(grabber, "ended")
        grabber.restart()
        assert frame(grabber).number < second.number


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.mp4"
    path.write_bytes(b"0123456789" * 100)
    with grabbing(parse(str(path))) as grabber:
        wait_for(grabber, "refused")
        assert grabber.state.why == "not-a-video"


@pytest.mark.parametrize(
    ("address", "why"), [("/dev/video999", "unplugged"), ("/dev/null", "not-a-camera")]
)
def test_a_device_that_is_none_says_so_and_is_tried_again(address: str, why: str) -> None:
    """Use FFmpeg's own input for capture devices, in the confined process."""
    with grabbing(Source("device", address, "1280x720", 30)) as grabber:
        wait_for(grabber, "lost")
        assert grabber.state.why == why
        assert grabber.state.again_at is not None


def test_a_film_that_breaks_off_in_the_middle_says_so_or_ends(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.avi", count=30).read_bytes()
    path = tmp_path / "cut.avi"
    path.write_bytes(whole[: len(whole) // 2] + b"\0" * (len(whole) // 2))
    with grabbing(parse(str(path))) as grabber:
        deadline = time.monotonic() + 60
        while grabber.state.name not in ("ended", "refused"):
            grabber.newest()
            assert time.monotonic() < deadline


def test_a_stream_that_is_lost_is_taken_up_again() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with grabbing(Source("url", f"http://127.0.0.1:{port}/monitor.ts")) as grabber:
        wait_for(grabber, "lost")
        assert grabber.state.why == "unreachable"
        assert grabber.state.again_at is not None
        for _ in range(2):
            with http_stream(port):
                assert frame(grabber).pixels.shape == (96, 128, 3)
                assert grabber.state.name == "live"
                wait_for(grabber, "lost")


def test_a_camera_that_asks_for_a_password_is_told_it_and_nobody_else_is(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    with camera() as port:
        with grabbing(parse(f"rtsp://127.0.0.1:{port}/monitor")) as grabber:
            wait_for(grabber, "lost")
            assert grabber.state.why == "unauthorized"
        with grabbing(parse(f"rtsp://{NAME}:{PASSWORD}@127.0.0.1:{port}/monitor")) as grabber:
            first = frame(grabber)
            assert first.pixels.shape == (96, 128, 3)
            assert frame(grabber).number > first.number
    assert "127.0.0.1" in caplog.text
    assert PASSWORD not in caplog.text


def test_a_stream_that_kills_its_decoder_kills_nothing_else(tmp_path: Path) -> None:
    with grabbing(parse(str(film(tmp_path / "a.mp4", count=90)))) as grabber:
        frame(grabber)
        process = grabber._process
        assert process is not None
        os.killpg(process.pid, signal.SIGSEGV)
        wait_for(grabber, "refused")
        assert grabber.state.why == "decoder-stopped"
        grabber.restart()
        frame(grabber)
