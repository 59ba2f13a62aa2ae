"""The mapping of a model's classes, as JSON."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.label_sets.records import ClassHandling


class LeftOut(StrEnum):
    """Handling of lesions of a class that the project does not use."""

    LEAVE_OUT = ClassHandling.LEAVE_OUT.value


Target = UUID | LeftOut
"""A class of the project's label set, or `leave-out`: the model's lesions are not drawn."""


class ModelClassTarget(BaseModel):
    """One class that a model distinguishes."""

    name: str = Field(description="As the model's card names it.")
    target: Target | None = Field(
        description=(
            "Class given to its lesions: the admin's choice, else the project's class of that "
            "name; null: none yet, and the model cannot serve here."
        )
    )


class ModelClassList(BaseModel):
    """The classes of a model, in its order; empty if it knows one kind of lesion only."""

    items: list[ModelClassTarget]


class ModelClassTargets(BaseModel):
    """An admin's mapping of a model's classes."""

    model_config = ConfigDict(extra="forbid")

    targets: Annotated[dict[Annotated[str, Field(max_length=80)], Target], Field(max_length=63)]
