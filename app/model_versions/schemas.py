"""Model versions as JSON."""

from typing import Any

from pydantic import BaseModel, Field


class ModelSummary(BaseModel):
    """One network that workers have, with its card."""

    name: str
    version: str
    title: str
    sha256: str
    is_default: bool
    available: bool = Field(description="Whether a worker that has it was seen lately.")
    card: dict[str, Any] = Field(description="The model card: data, metrics, licences, limits.")


class ModelList(BaseModel):
    """All networks."""

    items: list[ModelSummary]
