"""The device of a training run: CPU or CUDA, its precision, and what to do when memory runs out.

CUDA is not touched before a run requests it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import torch
from torch import nn

from models.training.config import ConfigError, TrainConfig

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
_LOADERS = 8
_MEMORY_MESSAGES = (
    "can't allocate memory",  # torch's CPU allocator
    "not enough memory",
    "std::bad_alloc",
    "could not create a memory",  # oneDNN
    "Insufficient memory",  # OpenCV
)


def device_type(config: TrainConfig) -> str:
    """Return `cuda` or `cpu`; asks the driver, but creates no context on a GPU."""
    if config.device != "auto":
        return config.device
    return "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True, slots=True)
class ComputeDevice:
    """A device and the precision of the arithmetic on it."""

    device: torch.device
    precision: str

    @classmethod
    def of(cls, config: TrainConfig, process: int = 0) -> ComputeDevice:
        """Return the device that a configuration requests; GPU number `process` of this machine.

        Raises:
            ConfigError: there is no such GPU, or it cannot compute in this precision.
        """
        if device_type(config) == "cpu":
            return cls(torch.device("cpu"), config.precision)
        count = torch.cuda.device_count()
        if process >= count:
            raise ConfigError(
                f"This machine has {count} GPUs that torch can use; set device: cpu, or start at "
                "most one process per GPU."
            )
        device = torch.device("cuda", process)
        torch.cuda.set_device(device)
        if config.precision == "bf16" and not torch.cuda.is_bf16_supported():
            raise ConfigError("This GPU does not compute in bf16; set precision: fp16.")
        return cls(device, config.precision)

    def put(self, network: nn.Module) -> nn.Module:
        """Move the network here, in the memory layout in which convolutions run fastest."""
        # torch's own stubs lack the overload.
        return network.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def autocast(self) -> torch.autocast:
        """Return the autocast context of forward passes."""
        return torch.autocast(
            self.device.type, _DTYPES[self.precision], enabled=self.precision != "fp32"
        )

    def scaler(self) -> torch.amp.GradScaler:
        """Return the scaler that keeps small fp16 gradients from vanishing; otherwise idle."""
        return torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")

    def loaders(self, config: TrainConfig) -> int:
        """Return the number of threads that prepare batches while the device computes."""
        if config.loaders is not None:
            return config.loaders
        return 0 if self.device.type == "cpu" else min(_LOADERS, os.cpu_count() or 1)

    def share_cores(self, config: TrainConfig, processes: int) -> None:
        """Set the threads of this process, one of several on this machine."""
        if config.threads:
            torch.set_num_threads(config.threads)
        elif processes > 1:
            torch.set_num_threads(max(1, (os.cpu_count() or 1) // processes))


class OutOfMemory(Exception):  # noqa: N818 - the name says what happened
    """There is too little memory; the message says which settings to lower."""


@contextlib.contextmanager
def memory_explained(advice: str) -> Iterator[None]:
    """Turn a failed allocation in any library into an :class:`OutOfMemory`.

    Args:
        advice: sentences that say what to lower and what is kept.
    """
    try:
        yield
    except (MemoryError, RuntimeError, cv2.error) as error:
        if not _is_of_memory(error):
            raise
        raise OutOfMemory(f"The memory is too small. {advice}") from error


def _is_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(part in str(error) for part in _MEMORY_MESSAGES)
