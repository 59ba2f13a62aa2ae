"""The weights that a run starts from: random or ImageNet, a checkpoint, or a model of the zoo."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models.architectures.networks import DeepLabV3PlusConfig, NetworkConfig
from models.training.checkpoint import Checkpoint, CheckpointError, mean_weights
from models.training.config import TrainConfig
from models.training.weights import WEIGHTS_FILE
from worker.pipeline.card import ModelError
from worker.pipeline.site_models import SiteModels

_NETWORK: TypeAdapter[NetworkConfig] = TypeAdapter(NetworkConfig)
_NOT_OF_THE_WEIGHTS = frozenset(
    {"imagenet", "dropout", "presence", "presence_candidate", "channels"}
)
"""Settings in which two networks may differ and still share weights."""
_LAST = "classifier"
"""The layer of a DeepLabV3+ whose outputs are the logits."""
_PRESENCE = "presence."
"""Weights with this prefix start at random if the initial network has none."""


def load_initial_weights(network: nn.Module, config: TrainConfig) -> None:
    """Load the configuration's initial weights into the network.

    Raises:
        CheckpointError: there are no such weights, or they belong to another network.
    """
    if config.initial_checkpoint:
        starts = []
        for path in (config.initial_checkpoint, *config.initial_others):
            start = Checkpoint.read(path)
            _require_same(config.network, start.config.network, str(path))
            own = with_classes(start.average, config.network, start.config.classes, config.classes)
            starts.append(replace(start, average=own))
        weights = mean_weights(starts)
        if config.initial_model and config.initial_blend is not None:
            parent = zoo_weights(config.initial_model, config.network, config.classes)
            weights = blended(weights, parent, config.initial_blend)
        _load(network, weights)
    elif config.initial_model:
        _load(network, zoo_weights(config.initial_model, config.network, config.classes))
    else:
        config.network.start(network)


def _load(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Load all weights; a presence head that only one of them has is kept or left out."""
    own = network.state_dict()
    kept = {k: v for k, v in own.items() if k.startswith(_PRESENCE) and k not in weights}
    given = {k: v for k, v in weights.items() if k in own or not k.startswith(_PRESENCE)}
    network.load_state_dict({**kept, **given})


def blended(
    weights: dict[str, Tensor], parent: dict[str, Tensor], share: float
) -> dict[str, Tensor]:
    """Return the weighted mean of two networks with a common start (Wortsman et al., "Robust
    fine-tuning of zero-shot models", CVPR 2022); a weight that only one has is taken from it."""
    blended = {**parent, **weights}
    for name, value in weights.items():
        if name in parent and value.is_floating_point():
            blended[name] = torch.lerp(parent[name], value, share)
    return blended


def zoo_weights(name: str, wanted: NetworkConfig, classes: Sequence[str] = ()) -> dict[str, Tensor]:
    """Return the weights of a model, `NAME` or `NAME@VERSION`, that has this network.

    Args:
        wanted: the network.
        classes: classes that it distinguishes; the model may know others, or none.

    Raises:
        CheckpointError: there is no such model, or it has another network.
    """
    try:
        model = SiteModels().find(name)
    except ModelError as error:
        raise CheckpointError(f"initial_model cannot be used. {error}") from error
    path = model.folder / WEIGHTS_FILE
    try:
        with safe_open(path, framework="pt") as stream:
            found = _NETWORK.validate_json((stream.metadata() or {}).get("network", ""))
            weights = {key: stream.get_tensor(key).to(torch.float32) for key in stream.keys()}  # noqa: SIM118 - no mapping
    except FileNotFoundError as error:
        raise CheckpointError(
            f"{model.folder} has no {WEIGHTS_FILE} and cannot be trained further; choose another "
            "model, or start from its checkpoint with initial_checkpoint."
        ) from error
    except (SafetensorError, ValidationError, OSError) as error:
        raise CheckpointError(f"{path} is damaged; install the model again.") from error
    _require_same(wanted, found, f"The model {name}")
    return with_classes(weights, wanted, model.card.class_names, classes)


def with_classes(
    weights: dict[str, Tensor], network: NetworkConfig, known: Sequence[str], wanted: Sequence[str]
) -> dict[str, Tensor]:
    """Return weights whose last layer has a channel for background and each wanted class.

    The logit of a lesion of any class is preserved. A class that the weights know keeps its
    channel; a new one starts as the mean of the known ones, with the same probability.

    Args:
        weights: weights of a network whose channels are `known`.
        network: its configuration.
        known: classes of the weights in the order of their channels; empty for a single channel.
        wanted: classes in the order of the new channels, likewise.

    Raises:
        CheckpointError: classes would have to be merged into one, or the network's last layer is
            not known.
    """
    if tuple(known) == tuple(wanted):
        return weights
    if not wanted:
        raise CheckpointError(
            f"The weights to start from tell {len(known)} classes apart; name them under "
            "`classes:` of the configuration."
        )
    if not isinstance(network, DeepLabV3PlusConfig):
        raise CheckpointError(
            f"A {network.title} of other classes cannot be started from; train from ImageNet or at "
            "random, or start from a DeepLabV3+."
        )
    kernel, bias = (weights[f"{_LAST}.{part}"] for part in ("weight", "bias"))
    if not known:
        kernel, bias = torch.cat([0 * kernel, kernel]), torch.cat([0 * bias, bias])
    channels = {name.casefold(): number for number, name in enumerate(known, 1)}
    rows = [channels.get(name.casefold()) for name in wanted]
    new = torch.tensor([row is None for row in rows])
    kernels = [kernel[1:].mean(dim=0) if row is None else kernel[row] for row in rows]
    biases = [bias[1:].mean() if row is None else bias[row] for row in rows]
    # The new classes share the probability that a single one would have.
    shared = torch.stack(biases) - new * math.log(len(rows) if not known else 1)
    return {
        **weights,
        f"{_LAST}.weight": torch.stack([kernel[0], *kernels]),
        f"{_LAST}.bias": torch.cat([bias[:1], shared]),
    }


def _require_same(wanted: NetworkConfig, found: NetworkConfig, start: str) -> None:
    ours = wanted.model_dump(exclude=set(_NOT_OF_THE_WEIGHTS))
    theirs = found.model_dump(exclude=set(_NOT_OF_THE_WEIGHTS))
    if ours == theirs:
        return
    differing = sorted(
        name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)
    )
    wanted_values = ", ".join(f"{name}: {ours.get(name, 'none')}" for name in differing)
    found_values = ", ".join(f"{name}: {theirs.get(name, 'none')}" for name in differing)
    raise CheckpointError(
        f"{start} holds a network with {found_values}, but the configuration asks for "
        f"{wanted_values}; make `network:` the same to start from it."
    )
