"""A run that ends early says why in a sentence, and leaves the last good checkpoint."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import yaml
from click.testing import CliRunner

from models.commands.train import train
from models.data.samples import DataError
from models.training.checkpoint import Checkpoint
from models.training.config import PhaseConfig
from models.training.device import OutOfMemory, memory_explained
from models.training.distributed import terminated_as_exit
from models.training.trainer import Trainer
from tests.unit.models.training_runs import config

PHASES = (PhaseConfig(epochs=1, size=64), PhaseConfig(epochs=1, size=1536))
LIMITED = """
import resource, sys
from models.commands.train import train
import torch, cv2, models.training.curves, torch.utils.tensorboard, matplotlib.figure
torch.set_num_threads(1)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 600 * 2**20, resource.RLIM_INFINITY))
train(sys.argv[1:])
"""
PLAIN = (
    # A background shell starts its processes with Ctrl-C ignored.
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from models.commands.train import train; train()"
)
ABORTS = f"import atexit, os; atexit.register(os.abort); {PLAIN}"


def write(settings: object, path: Path) -> list[str]:
    """Write a configuration and return the arguments of `sonoloop train` for it."""
    path.write_text(yaml.safe_dump(settings.model_dump(mode="json")))  # type: ignore[attr-defined]
    return ["--config", str(path), "--out", str(path.with_suffix(""))]


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space as Linux does")
def test_too_little_memory_says_what_to_lower_and_keeps_the_checkpoint(
    dataset: Path, tmp_path: Path
) -> None:
    arguments = write(config(dataset, phases=PHASES), tmp_path / "run.yaml")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    message = " ".join(done.stderr.split())
    assert "The memory is too small. Lower batch_size (now 4)" in message
    assert "the size of the phases (now up to 1536 px)" in message
    assert "The checkpoint of epoch 1 is kept." in message
    assert Checkpoint.read(tmp_path / "run" / "last.pt").epochs == 1


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("[enforce fail] can't allocate memory: you tried")]
)
def test_every_library_s_lack_of_memory_is_the_same(error: Exception) -> None:
    with pytest.raises(OutOfMemory, match="Lower the size"), memory_explained("Lower the size."):
        raise error


def test_other_errors_are_not_of_memory() -> None:
    with pytest.raises(RuntimeError, match="shapes differ"), memory_explained("Lower it."):
        raise RuntimeError("shapes differ")


def test_all_broken_images_are_listed_before_training_starts(dataset: Path, tmp_path: Path) -> None:
    images, masks = dataset / "images", dataset / "masks"
    whole = (images / "image-00.png").read_bytes()
    (images / "image-00.png").write_bytes(whole[: len(whole) // 2])
    (images / "image-02.png").write_bytes(b"")
    (masks / "image-04.png").write_bytes(b"not a mask")
    cv2.imwrite(str(masks / "image-06.png"), np.zeros((5, 5), np.uint8))
    trainer = Trainer(config(dataset), tmp_path / "run")
    with pytest.raises(DataError, match="4 of 8 images cannot be used") as caught:
        trainer.run()
    for name in ("image-00", "image-02", "image-04", "image-06"):
        assert name in str(caught.value)
    assert not trainer.checkpoint_path.exists()


def test_a_broken_validation_image_is_found_before_training_starts(
    dataset: Path, tmp_path: Path
) -> None:
    (dataset / "images" / "image-09.png").write_bytes(b"no image")
    stepped: list[int] = []
    with pytest.raises(DataError, match=r"1 of 4 images(.|\n)*image-09\.png"):
        Trainer(config(dataset), tmp_path / "run").run(lambda *_: stepped.append(1))
    assert not stepped


def test_the_command_explains_without_a_traceback(dataset: Path, tmp_path: Path) -> None:
    (dataset / "images" / "image-00.png").write_bytes(b"no image")
    result = CliRunner().invoke(train, write(config(dataset), tmp_path / "run.yaml"))
    assert result.exit_code == 1
    assert "Error: 1 of 8 images cannot be used" in result.output
    assert isinstance(result.exception, SystemExit)


@pytest.mark.parametrize(("processes", "sent"), [(1, "SIGTERM"), (1, "SIGINT"), (2, "SIGTERM")])
def test_a_signal_ends_all_processes_and_keeps_the_last_checkpoint(
    processes: int, sent: str, dataset: Path, tmp_path: Path
) -> None:
    number = signal.Signals[sent]
    with training(dataset, tmp_path, processes) as running:
        children = psutil.Process(running.pid).children(recursive=True)
        assert len(children) >= (processes if processes > 1 else 0)
        running.send_signal(number)
        assert running.wait(120) == 128 + number
        assert psutil.wait_procs(children, timeout=60)[1] == []
        assert Checkpoint.read(tmp_path / "run" / "last.pt").epochs >= 1


def test_an_exit_that_a_library_turned_into_an_error_is_still_the_exit() -> None:
    with pytest.raises(SystemExit) as caught, terminated_as_exit():
        try:
            signal.raise_signal(signal.SIGTERM)
        except SystemExit as error:
            raise RuntimeError("the writer failed") from error
    assert caught.value.code == 128 + signal.SIGTERM


def test_an_exit_that_a_library_dropped_comes_at_the_end() -> None:
    with pytest.raises(SystemExit) as caught, terminated_as_exit(), contextlib.suppress(SystemExit):
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.code == 128 + signal.SIGTERM


def test_a_killed_process_ends_the_others_with_a_reason(dataset: Path, tmp_path: Path) -> None:
    with training(dataset, tmp_path, 2) as running:
        workers = [
            child
            for child in psutil.Process(running.pid).children()
            if "spawn_main" in " ".join(child.cmdline())
        ]
        assert len(workers) == 2
        workers[1].kill()
        _, error = running.communicate(timeout=60)
        assert running.returncode == 1
        message = " ".join(error.split())
        assert "was killed, most likely because the machine's memory ended" in message
        assert psutil.wait_procs(workers, timeout=60)[1] == []


@contextlib.contextmanager
def training(dataset: Path, tmp_path: Path, processes: int) -> Iterator[subprocess.Popen[str]]:
    """Yield a long `sonoloop train` that has just written its first checkpoint.

    With one process, Python itself ends with an abort, as it may with native libraries.
    """
    settings = config(dataset, epochs=10_000, validate_every=10_000)
    arguments = [*write(settings, tmp_path / "run.yaml"), "--processes", str(processes)]
    running = subprocess.Popen(
        [sys.executable, "-c", ABORTS if processes == 1 else PLAIN, *arguments],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "run" / "last.pt").exists():
            assert running.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()
