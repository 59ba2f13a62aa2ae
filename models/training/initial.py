"""The weights that a run starts from: random or ImageNet, a checkpoint, or a model of the zoo."""

from __future__ import annotations

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from models.architectures.networks import NetworkConfig
from models.training.checkpoint import Checkpoint, CheckpointError
from models.training.config import TrainConfig
from models.training.weights import WEIGHTS_FILE
from worker.pipeline.card import ModelError
from worker.pipeline.site_models import SiteModels

_NETWORK: TypeAdapter[NetworkConfig] = TypeAdapter(NetworkConfig)
_NOT_OF_THE_WEIGHTS = frozenset({"imagenet", "dropout", "presence"})
"""Settings in which two networks may differ and yet share weights."""
_PRESENCE = "presence."
"""Weights with this prefix start at random where the network to start from has none."""


def load_initial_weights(network: nn.Module, config: TrainConfig) -> None:
    """Load what the configuration starts from into a network of its own.

    Raises:
        CheckpointError: there are no such weights, or they are of another network.
    """
    if config.initial_checkpoint:
        start = Checkpoint.read(config.initial_checkpoint)
        _require_same(config.network, start.config.network, str(config.initial_checkpoint))
        weights = start.average
        if config.initial_model and config.initial_blend is not None:
            parent = zoo_weights(config.initial_model, config.network)
            weights = blended(weights, parent, config.initial_blend)
        _load(network, weights)
    elif config.initial_model:
        _load(network, zoo_weights(config.initial_model, config.network))
    else:
        config.network.start(network)


def _load(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """All weights; a presence head that only one of the two has stays as it is, or is left out."""
    own = network.state_dict()
    kept = {k: v for k, v in own.items() if k.startswith(_PRESENCE) and k not in weights}
    given = {k: v for k, v in weights.items() if k in own or not k.startswith(_PRESENCE)}
    network.load_state_dict({**kept, **given})


def blended(
    weights: dict[str, Tensor], parent: dict[str, Tensor], share: float
) -> dict[str, Tensor]:
    """The weighted mean of two networks that began alike (Wortsman et al., "Robust fine-tuning of
    zero-shot models", CVPR 2022); what only one has is that one's."""
    blended = {**parent, **weights}
    for name, value in weights.items():
        if name in parent and value.is_floating_point():
            blended[name] = torch.lerp(parent[name], value, share)
    return blended


def zoo_weights(name: str, wanted: NetworkConfig) -> dict[str, Tensor]:
    """The weights of a model, `NAME` or `NAME@VERSION`, that has this network.

    Raises:
        CheckpointError: there is none, or it is of another network.
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
    return weights


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
