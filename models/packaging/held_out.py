"""The data that a model was and was not trained on, as its card names it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from models.data.samples import DataError, Sample
from models.training.config import SourceConfig, validation_samples


def held_out(training: dict[str, Any]) -> list[Sample]:
    """The validation samples that a card's `training.config` names.

    Raises:
        DataError: the card names none, or they are not there.
    """
    return validation_samples(sources_of(training))


def sources_of(training: dict[str, Any]) -> tuple[SourceConfig, ...]:
    """The data sets that a card's `training.config` names, with their folds.

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
    """At most `limit` samples of each data set, at even distances in their order."""
    chosen = []
    for source in sorted({sample.source for sample in samples}):
        own = [sample for sample in samples if sample.source == source]
        places = np.linspace(0, len(own) - 1, min(limit, len(own)))
        chosen += [own[round(place)] for place in places]
    return chosen
