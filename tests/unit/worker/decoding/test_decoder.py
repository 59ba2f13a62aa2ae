"""If a file stops its decoder, only that file is lost."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import psutil
import pytest
from PIL import Image

from tests.processes import wait_until
from tests.synthetic import (
    dicom_bytes,
    jpeg_baseline_dataset,
    jpeg_bytes,
    pillow_bytes,
    png_bytes,
    ultrasound,
    ultrasound_dataset,
    ultrasound_region,
)
from worker.decoding import Allowance, Decoder
from worker.formats.label_pictures import label_picture
from worker.formats.pictures import PictureKind, decode_label
from worker.formats.source import LabelError, Labelled
from worker.ingest import DecodeError, DecodeLimits, decode
from worker.labels_import.labels import _labels

LIMITS = DecodeLimits()
SMALL = ultrasound(40, 48, seed=5).pixels
COLOUR = ultrasound(40, 48, seed=5, color=True).pixels
REGION = ultrasound_region((2, 3, 30, 40))
FILES = {
    "png": png_bytes(COLOUR),
    "jpeg": jpeg_bytes(SMALL),
    "tiff": pillow_bytes(COLOUR, "TIFF"),
    "bmp": pillow_bytes(SMALL, "BMP"),
    "webp": pillow_bytes(COLOUR, "WEBP"),
    "dicom": dicom_bytes(ultrasound_dataset(SMALL, [REGION])),
    "jpeg dicom": dicom_bytes(jpeg_baseline_dataset(COLOUR)),
}


@pytest.fixture(scope="module")
def large() -> bytes:
    """Return a picture that takes about a second to decode."""
    return png_bytes(np.random.default_rng(1).integers(0, 256, (3000, 3000, 3), np.uint8))


@pytest.fixture(scope="module")
def shared() -> Iterator[Decoder]:
    decoder = Decoder()
    yield decoder
    decoder.close()


@pytest.fixture
def decoder() -> Iterator[Decoder]:
    """Yield the test's own decoder, whose processes it may kill."""
    made = Decoder()
    yield made
    made.close()


def serving(decoder: Decoder) -> list[psutil.Process]:
    """The processes that take files."""
    assert decoder._keeper is not None
    return psutil.Process(decoder._keeper).children()


def refused(decoder: Decoder, data: bytes, limits: DecodeLimits = LIMITS) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        decoder.decode(data, limits)
    assert 400 <= caught.value.status < 500
    assert caught.value.detail.endswith(".")
    return caught.value


@pytest.mark.parametrize("name", FILES)
def test_the_child_sees_what_the_decoders_see(shared: Decoder, name: str) -> None:
    direct, through = decode(FILES[name], LIMITS), shared.decode(FILES[name], LIMITS)
    assert np.array_equal(direct.frame.pixels, through.frame.pixels)
    assert through.frame.pixels.flags.writeable
    empty = np.zeros((1, 1), np.uint8)
    assert replace(direct, frame=replace(direct.frame, pixels=empty, region=None)) == replace(
        through, frame=replace(through.frame, pixels=empty, region=None)
    )
    assert direct.frame.region == through.frame.region


def test_a_refusal_keeps_its_words(shared: Decoder) -> None:
    with pytest.raises(DecodeError) as direct:
        decode(FILES["png"][:200], LIMITS)
    assert refused(shared, FILES["png"][:200]).args == direct.value.args
    assert refused(shared, b"").code == "empty-file"
    assert refused(shared, FILES["png"], DecodeLimits(max_side=20)).code == "image-too-large"


def test_the_child_has_neither_network_stack_nor_the_sites_secrets(
    shared: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONOLOOP_SITE_KEY", "a key that no decoder needs")
    decoder = Decoder()
    try:
        decoder.decode(FILES["png"], LIMITS)
        (process,) = serving(decoder)
        assert not any(name.startswith("SONOLOOP") for name in process.environ())
        loaded = [mapped.path for mapped in process.memory_maps()]
        assert not [path for path in loaded if "onnxruntime" in path or "torch" in path]
    finally:
        decoder.close()


def test_a_file_that_takes_too_long_is_refused_and_the_next_is_decoded(
    decoder: Decoder, large: bytes
) -> None:
    usual, decoder.allowance = decoder.allowance, Allowance(0.05, 0)
    assert refused(decoder, large).code == "decoding-too-slow"
    decoder.allowance = usual
    assert decoder.decode(FILES["png"], LIMITS).frame.pixels.shape == (40, 48, 3)


def test_a_file_that_waits_for_ever_is_refused_as_well(decoder: Decoder, large: bytes) -> None:
    decoder.allowance = Allowance(2, 0, clock_factor=1)
    decoder.decode(FILES["png"], LIMITS)
    (process,) = serving(decoder)
    threading.Timer(0.2, process.suspend).start()
    assert refused(decoder, large, DecodeLimits(max_pixels=9_000_001)).code == "decoding-too-slow"
    assert decoder.decode(FILES["png"], LIMITS).frame.pixels.shape == (40, 48, 3)


def test_a_file_that_needs_too_much_memory_is_refused(decoder: Decoder, large: bytes) -> None:
    decoder.allowance = Allowance(memory_bytes=32 * 1024 * 1024)
    assert refused(decoder, large).code == "image-too-large"
    assert decoder.decode(FILES["png"], LIMITS).frame.pixels.shape == (40, 48, 3)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGSEGV, "decoder-stopped"),
        (signal.SIGABRT, "decoder-stopped"),
        (signal.SIGKILL, "image-too-large"),
    ],
)
def test_a_decoder_that_dies_of_a_file_costs_that_file_alone(
    decoder: Decoder, large: bytes, number: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    decoder.decode(FILES["png"], LIMITS)
    (process,) = serving(decoder)
    used = sum(process.cpu_times()[:2])

    def kill_at_work() -> None:
        wait_until(lambda: sum(process.cpu_times()[:2]) > used + 0.05)
        process.send_signal(number)

    killer = threading.Thread(target=kill_at_work)
    killer.start()
    with caplog.at_level(logging.ERROR):
        assert refused(decoder, large).code == code
    killer.join()
    assert signal.Signals(number).name in caplog.text
    keeper = decoder._keeper
    assert decoder.decode(FILES["png"], LIMITS).frame.pixels.shape == (40, 48, 3)
    assert decoder._keeper == keeper, "one file's death must not cost another start"


def test_processes_that_die_while_idle_are_replaced_without_a_word(decoder: Decoder) -> None:
    decoder.decode(FILES["png"], LIMITS)
    assert decoder._own is not None
    for victims in (
        lambda: serving(decoder),
        lambda: [psutil.Process(decoder._keeper)],
        lambda: [psutil.Process(decoder._own.process.pid)],
        lambda: [psutil.Process(decoder._keeper), psutil.Process(decoder._own.process.pid)],
    ):
        for process in victims():
            process.kill()
            wait_until(lambda p=process: not p.is_running() or p.status() == "zombie")
        assert decoder.decode(FILES["png"], LIMITS).frame.pixels.shape == (40, 48, 3)


SHARING = """
import os, sys
from worker.decoding import decoder
from worker.ingest import DecodeLimits
decoder.share_server()
data = sys.stdin.buffer.read()
readers = []
for _ in range(2):
    reading, writing = os.pipe()
    readers.append(reading)
    if os.fork() == 0:
        decoder.decode(data, DecodeLimits())
        os.write(writing, f"{decoder._decoder._keeper} ".encode())
        try:
            os.kill(decoder._server.process.pid, 9)
        except ProcessLookupError:
            pass  # the other one was faster
        decoder.decode(data, DecodeLimits())
        keeper = decoder._decoder._keeper
        decoder._decoder._close()
        decoder.decode(data, DecodeLimits())
        os.write(writing, f"{keeper} {decoder._decoder._own is not None}".encode())
        os._exit(0)
    os.close(writing)
print(decoder._server.process.pid, *(open(one).read() for one in readers))
"""


def test_processes_share_a_fork_server_and_start_their_own_when_it_is_gone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHARING], input=FILES["png"], capture_output=True, check=True
    )
    server, *answers = done.stdout.split()
    assert len(answers) == 6, done.stderr
    first, second = answers[:3], answers[3:]
    assert first[0] == first[1], "a keeper outlives its server"
    assert second[0] == second[1]
    assert len({server, first[0], second[0]}) == 3
    assert first[2] == second[2] == b"True"


def test_a_process_that_has_grown_gives_its_memory_back(decoder: Decoder) -> None:
    decoder.decode(pillow_bytes(np.full((7000, 7000, 3), 9, np.uint8), "PNG"), LIMITS)

    def small() -> bool:
        return all(p.memory_info().rss < 200 * 1024 * 1024 for p in serving(decoder))

    wait_until(small, what="for the memory to come back")


def test_nothing_is_left_when_the_worker_is_killed() -> None:
    script = (
        "import sys, time\n"
        "from worker.decoding import Decoder\n"
        "from worker.ingest import DecodeLimits\n"
        "decoder = Decoder(); decoder.decode(sys.stdin.buffer.read(), DecodeLimits())\n"
        "print(decoder._own.process.pid, flush=True); time.sleep(600)\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    worker = subprocess.Popen([sys.executable, "-c", script], **pipes)  # type: ignore[call-overload]
    try:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(FILES["png"])
        worker.stdin.close()
        server = psutil.Process(int(worker.stdout.readline()))
        family = [server, *server.children(recursive=True)]
        assert len(family) == 3, "a server, a keeper, a process that decodes"
    finally:
        worker.kill()
        worker.wait()
    wait_until(lambda: not any(p.is_running() and p.status() != "zombie" for p in family))


LABEL = png_bytes(np.where(ultrasound(40, 48, seed=5).mask, np.uint8(255), np.uint8(0)))


def test_a_label_is_what_it_is_without_a_process_of_its_own(shared: Decoder) -> None:
    direct = decode_label(LABEL, 40, 48, PictureKind.MASK)
    assert direct.any()
    assert np.array_equal(shared.decode_label(LABEL, 40, 48, PictureKind.MASK), direct)
    red = png_bytes(direct[..., None] * np.array([200, 0, 0], np.uint8))
    legend = {(0, 0, 0): "background", (200, 0, 0): "cyst"}
    found = shared.decode_label(red, 40, 48, PictureKind.CLASSES, legend)
    assert np.array_equal(found > 0, direct > 0)


def test_a_label_that_is_refused_keeps_its_words(shared: Decoder) -> None:
    for data, height in ((LABEL, 41), (LABEL[:90], 40), (png_bytes(COLOUR), 40)):
        with pytest.raises(LabelError) as direct:
            decode_label(data, height, 48, PictureKind.MASK)
        with pytest.raises(LabelError) as through:
            shared.decode_label(data, height, 48, PictureKind.MASK)
        assert (through.value.code, through.value.reason) == (direct.value.code, str(direct.value))


def test_a_label_that_stops_its_decoder_costs_that_label(decoder: Decoder, large: bytes) -> None:
    usual, decoder.allowance = decoder.allowance, Allowance(0.05, 0)
    with pytest.raises(LabelError) as caught:
        decoder.decode_label(large, 3000, 3000, PictureKind.MASK)
    assert caught.value.code == "decoding-too-slow"
    decoder.allowance = usual
    assert decoder.decode_label(LABEL, 40, 48, PictureKind.MASK).any()


def test_an_import_decodes_no_label_in_its_own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError("decoded in the worker")

    monkeypatch.setattr(Image, "open", refuse)
    read = partial(label_picture, LABEL, says=PictureKind.MASK)
    labelled = Labelled("a.png", "a", lambda: b"", lambda height, width: read(height, width))
    labels, _ = _labels(labelled, 40, 48)
    assert labels.any()
    with pytest.raises(AssertionError):
        read(40, 48)
