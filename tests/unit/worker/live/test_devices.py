"""Requests to a capture device, and the meaning of its errors, tested without a device."""

import errno

import av
import av.error
import pytest

from worker.live.child import _said, asked_of_device
from worker.live.source import WHY, Source


def test_size_and_rate_are_passed_on_and_nothing_else_is() -> None:
    assert asked_of_device(Source("device", "/dev/video0")) == {}
    asked = asked_of_device(Source("device", "/dev/video0", "1280x720", 30))
    assert asked == {"video_size": "1280x720", "framerate": "30"}


def test_the_library_has_the_input_of_capture_devices() -> None:
    assert av.format.ContainerFormat("v4l2").is_input


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (errno.ENOENT, "unplugged"),
        (errno.EACCES, "busy"),
        (errno.EBUSY, "busy"),
        (errno.ENODEV, "not-a-camera"),
        (errno.EINVAL, "not-offered"),
        (errno.EIO, "unreachable"),
    ],
)
def test_an_error_of_a_device_says_what_to_do(number: int, why: str) -> None:
    with pytest.raises(av.error.FFmpegError) as raised:
        av.error.err_check(-number)
    said = _said(Source("device", "/dev/video0"), raised.value)
    assert said == {"state": "lost", "why": why}
    assert WHY[why]
