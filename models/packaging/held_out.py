"""The training and held-out data of a model, as named in its card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from models.data.samples import DataError, Sample
from models.training.config import SourceConfig, validation_samples


def held_out(training: dict[str, Any]) -> list[Sample]:
    """Return the validation samples that a card's `training.config` names.

    Raises:
        DataError: the card names none, or they are missing.
    """
    return validation_samples(sources_of(training))


def sources_of(training: dict[str, Any]) -> tuple[SourceConfig, ...]:
    """Return the data sets that a card's `training.config` names, with their folds.

    Raises:
        DataError: the card names none.
    """
    try:
        return TypeAdapter(tuple[SourceConfig, ...]).validate_python(training["config"]["sources"])
    except (KeyError, TypeError, ValidationError) as error:
        raise DataError(
            "The model's card does not name the data that it was trained on and that was held "
            "out of its training."
        ) from error


def spread(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """Return at most `limit` samples of each data set, evenly spaced in their order."""
    chosen = []
    for source in sorted({sample.source for sample in samples}):
        own = [sample for sample in samples if sample.source == source]
        places = np.linspace(0, len(own) - 1, min(limit, len(own)))
        chosen += [own[round(place)] for place in places]
    return chosen
