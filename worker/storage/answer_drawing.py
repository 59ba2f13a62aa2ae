"""The answer of a model with classes, as a drawing in a project's label set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from app.core.problems import Problem
from app.label_sets.records import ClassHandling, ClassMapping
from app.label_sets.tables import LESION_CLASS_ID, ClassKind
from app.masks.measures import Lesion
from app.model_classes.records import mapping_of
from worker.pipeline import Lesion as FoundLesion
from worker.pipeline import Network, Segmentation
from worker.pipeline.frame import Lengths
from worker.runtime import Runtime
from worker.storage.drawing import Drawing, drawing_here, measured


class UnmappedClassError(Exception):
    """A model serves a project that does not map one of its classes."""

    def __init__(self, network: Network, names: list[str], label_set: str) -> None:
        card = network.card
        super().__init__(", ".join(names))
        self.problem = Problem(
            409,
            "classes-unmapped",
            f"{card.name}@{card.version} predicts classes that have no match in the label set "
            f"“{label_set}”: {', '.join(names)}. An admin says on the page of models where each "
            "goes, then try again.",
        )


@dataclass(frozen=True)
class ClassTargets:
    """The mapping of a model's classes to a project's.

    Attributes:
        mapping: the project's mapping.
        names: names of the model's classes.
    """

    mapping: ClassMapping
    names: tuple[str, ...]

    def key(self) -> dict[str, str]:
        """A key that is equal if classes are mapped equally."""
        return {name: str(self.mapping.of(name)) for name in self.names}


def class_targets(runtime: Runtime, project_id: UUID, network: Network) -> ClassTargets | None:
    """The mapping of a network's classes to a project's; None if it knows one kind of lesion.

    Raises:
        UnmappedClassError: a class is not mapped yet; mappings are never guessed.
    """
    names = network.card.class_names
    if not names:
        return None
    with runtime.database.read() as session:
        mapping = mapping_of(session, project_id, network.card.name)
        unknown = mapping.unknown(names)
        if unknown:
            raise UnmappedClassError(network, unknown, mapping.words.name)
        session.expunge_all()
    return ClassTargets(mapping, names)


def drawing_of_answer(
    found: Segmentation, targets: ClassTargets, lengths: Lengths
) -> tuple[Drawing, list[Lesion]]:
    """Convert an answer to a project's classes: the drawing, and its measured lesions.

    Lesions of excluded classes are not drawn. Those of a region become one. Lesions are numbered by
    size, as in the model's answer.
    """
    numbers = np.zeros(256, np.uint8)
    classes: dict[int, UUID] = {}
    regions: dict[UUID, int] = {}
    behind: dict[int, list[FoundLesion]] = {}
    for lesion in found.lesions:
        target = targets.mapping.of(lesion.class_name or "")
        if target is None or isinstance(target, ClassHandling):
            continue
        number = regions.get(target, len(behind) + 1)
        if targets.mapping.words.classes[target].kind == ClassKind.REGION:
            regions[target] = number
        numbers[lesion.label] = number
        behind.setdefault(number, []).append(lesion)
        if target != LESION_CLASS_ID:
            classes[number] = target
    labels: NDArray[np.uint8] = numbers[_numbers(found)]
    drawing = drawing_here(targets.mapping.words, labels, classes)
    return drawing, _measured(drawing, lengths, behind)


def _numbers(found: Segmentation) -> NDArray[np.uint8]:
    if found.numbers is None:
        raise ValueError("the network knows one kind of lesion")
    return found.numbers


def _measured(
    drawing: Drawing, lengths: Lengths, behind: Mapping[int, list[FoundLesion]]
) -> list[Lesion]:
    """Lesions of the drawing, each with the probabilities of the model's lesions in it."""
    said = []
    for one in measured(drawing, drawing.mask, lengths):
        parts = behind[one.label]
        lesion = Lesion.model_validate(one.to_json())
        area = sum(part.area_px for part in parts)
        mean = sum(part.mean_probability * part.area_px for part in parts) / area
        lesion.mean_probability = round(mean, 4)
        lesion.class_name = parts[0].class_name
        if len(parts) == 1:
            lesion.probability, lesion.expected_dice = parts[0].probability, parts[0].expected_dice
        said.append(lesion)
    return said
