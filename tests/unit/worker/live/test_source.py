"""Valid live sources, and the messages about invalid ones."""

from pathlib import Path

import pytest

from worker.live.source import SourceError, parse


def test_a_url_is_named_without_its_password(tmp_path: Path) -> None:
    found = parse("rtsp://nurse:secret@10.0.0.5:8554/monitor?key=secret")
    assert found.kind == "url"
    assert found.label == "rtsp://10.0.0.5:8554/monitor"
    assert "file" not in found.protocols


def test_a_file_is_named_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "monitor.mp4"
    path.write_bytes(b"")
    assert parse(str(path)).label == "monitor.mp4"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no-such.mp4", "There is no file"),
        ("/dev/video999", "There is no capture device"),
        ("file:///etc/passwd", "file:// is not taken"),
        ("concat://a|b", "is not taken"),
        ("rtsp://", "names no host"),
        ("rtsp://[", "not whole"),
    ],
)
def test_what_is_no_source_is_refused_with_what_to_do(text: str, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(text)


def test_the_size_of_a_device_is_two_numbers() -> None:
    with pytest.raises(SourceError, match="WIDTHxHEIGHT"):
        parse("/dev/video0", size="1080p")
