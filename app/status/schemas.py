"""Answers of `/healthz` and `/readyz`, as JSON."""

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process lives."""

    status: Literal["alive"] = "alive"
    version: str


class CheckOut(BaseModel):
    """One check, without anything secret."""

    name: Literal["database", "broker", "blobs", "worker", "model", "dicom"]
    ok: bool
    detail: str
    fix: str | None


class Readiness(BaseModel):
    """Whether an image sent now would be segmented now."""

    status: Literal["ready", "degraded", "not ready"] = Field(
        description=(
            "Degraded: it would, but not with the deployed model, or the DICOM listener is "
            "not running."
        )
    )
    checks: list[CheckOut]
