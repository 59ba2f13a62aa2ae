"""Settings of the site as JSON."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, Field

from app.accounts.schemas import PersonName

Value = bool | int | float | str | list[str]


class Source(StrEnum):
    """The source of a setting's value."""

    SITE = "site"
    """An administrator set it here."""
    ENVIRONMENT = "environment"
    """A variable `SONOLOOP_…` or `.env`."""
    DEFAULT = "default"


class SettingDetails(BaseModel):
    """One setting, its current value, and its value without the change made here."""

    key: str
    variable: str = Field(description="The environment variable.")
    value: Value
    source: Source
    without: Value = Field(description="The value that applies unless it is changed here.")
    without_source: Source
    changed_at: datetime | None
    changed_by: PersonName | None


class SiteSettings(BaseModel):
    """All settings that can be changed while the site runs."""

    items: list[SettingDetails]
