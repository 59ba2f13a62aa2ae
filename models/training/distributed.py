"""Training in several processes of one machine, each with a share of every batch.

Gradients are averaged over the processes, so that a step is that of the whole batch: `batch_size`
is what the optimiser sees, however many processes share it.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.multiprocessing.spawn import (
    ProcessExitedException,
    ProcessRaisedException,
    start_processes,
)
from torch.nn.parallel import DistributedDataParallel

from models.training.config import ConfigError, TrainConfig

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.5
# The others wait for a rank that validates more slowly.
_PATIENCE = datetime.timedelta(hours=1)


class ProcessError(Exception):
    """A process of a run ended early; the message is the process's own or says how it ended."""


@dataclass(frozen=True, slots=True)
class Ranks:
    """This process among those of the run; by default the only one."""

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes files and prints messages."""
        return self.rank == 0

    def require_divisible(self, config: TrainConfig) -> None:
        """Refuse batches that the processes cannot share equally.

        Raises:
            ConfigError: the message says which sizes can be shared.
        """
        if config.batch_size % self.size or config.batch_size < 2 * self.size:
            raise ConfigError(
                f"{self.size} processes cannot share batches of {config.batch_size}; set "
                f"batch_size to a multiple of {self.size}, at least {2 * self.size}."
            )
        if config.unlabelled and config.unlabelled.batch_size % self.size:
            raise ConfigError(
                f"{self.size} processes cannot share unlabelled batches of "
                f"{config.unlabelled.batch_size}; set a multiple of {self.size}."
            )

    def sum(self, values: Tensor) -> Tensor:
        """Sum over all processes, in place."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def mean(self, values: Tensor) -> Tensor:
        """Average over all processes, in place."""
        return self.sum(values).div_(self.size) if self.size > 1 else values

    def agree_on_statistics(self, *networks: nn.Module) -> None:
        """Average the values not learnt by gradients, such as the statistics of norms."""
        if self.size == 1:
            return
        for network in networks:
            for buffer in network.buffers():
                if buffer.is_floating_point():
                    self.mean(buffer)

    def synchronised(self, network: nn.Module, device: torch.device) -> nn.Module:
        """Return the network with norms over the whole batch, which torch has only on CUDA."""
        if self.size > 1 and device.type == "cuda":
            converted: nn.Module = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
            return converted
        return network

    def parallel(self, network: nn.Module) -> nn.Module:
        """Return the module to call in training; `backward` averages gradients over processes."""
        if self.size == 1:
            return network
        # Norms learn from their own share; `agree_on_statistics` averages them.
        return DistributedDataParallel(network, forward_sync_buffers=False)


def run_processes(
    target: Callable[[Ranks], None],
    count: int,
    *,
    backend: str,
    expected: Iterable[type[Exception]],
) -> None:
    """Run `target` in `count` new processes that can reduce tensors with each other.

    A process that fails ends the others; so do SIGTERM and SIGINT to this process.

    Args:
        target: a function importable by name, or a `functools.partial` of one.
        count: number of processes.
        backend: `gloo` for CPU, `nccl` for CUDA.
        expected: errors for which only the message is shown.

    Raises:
        ProcessError: a process failed.
        SystemExit: the process received SIGTERM.
    """
    context = multiprocessing.get_context("spawn")
    messages = context.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="sonoloop-train-") as folder, terminated_as_exit():
        group = start_processes(  # type: ignore[no-untyped-call]
            _process,
            args=(target, count, backend, folder, messages, tuple(expected)),
            nprocs=count,
            join=False,
            start_method="spawn",
        )
        try:
            while not group.join(timeout=_POLL_SECONDS, grace_period=_GRACE_SECONDS):
                pass
        except ProcessRaisedException as error:
            raise ProcessError(f"A training process failed:\n{error}") from error
        except ProcessExitedException as error:
            raise ProcessError(_last_words(messages, error)) from error
        finally:
            _end(group.processes)


@contextlib.contextmanager
def terminated_as_exit() -> Iterator[None]:
    """Raise SystemExit(143) on SIGTERM within the block, so that open resources are closed.

    A C library may turn that exit into its own error, or drop it: the exit is then raised at the
    end of the block.
    """
    code: int | None = None

    def leave(number: int, _frame: FrameType | None) -> None:
        nonlocal code
        code = 128 + number
        raise SystemExit(code)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    except Exception as error:
        if code is None:
            raise
        raise SystemExit(code) from error
    finally:
        signal.signal(signal.SIGTERM, before)
    if code is not None:
        raise SystemExit(code)


@contextlib.contextmanager
def ended_at_once() -> Iterator[None]:
    """End the process here on SIGTERM or Ctrl-C, after all open resources are closed.

    With Python's normal exit the process sometimes aborted (SIGABRT, "PyThreadState_Get: the
    function must be called with the GIL held"; 2 of 34 runs that were ended soon after their first
    epoch). The cause is native code running during the exit; the library was not identified.
    """
    try:
        yield
    except KeyboardInterrupt:
        _leave(128 + signal.SIGINT)
    except SystemExit as error:
        if error.code != 128 + signal.SIGTERM:
            raise
        _leave(128 + signal.SIGTERM)


def _leave(code: int) -> NoReturn:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _process(
    rank: int,
    target: Callable[[Ranks], None],
    count: int,
    backend: str,
    folder: str,
    messages: Any,
    expected: tuple[type[Exception], ...],
) -> None:
    # Sent on Ctrl-C and if the first process dies; ends even a process that waits in C.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        # All on one machine: host names that resolve to another interface must not matter.
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group(
        backend,
        init_method=(Path(folder) / "rendezvous").as_uri(),
        rank=rank,
        world_size=count,
        timeout=_PATIENCE,
    )
    try:
        target(Ranks(rank, count))
    except expected as error:
        messages.put(str(error))
        sys.stderr.flush()
        # Leaving the group would wait for the others, which may wait for this one.
        os._exit(1)
    distributed.destroy_process_group()


def _last_words(messages: Any, error: ProcessExitedException) -> str:
    if not messages.empty():
        return str(messages.get())
    if error.signal_name == "SIGKILL":
        return (
            "A training process was killed, most likely because the machine's memory ended; "
            "start fewer processes, or lower batch_size. The last checkpoint is kept."
        )
    return f"A training process ended early: {error}. The last checkpoint is kept."


def _end(processes: list[Any]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(_GRACE_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
