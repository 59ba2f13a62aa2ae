"""Webhooks as JSON."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.hooks.tables import HookEvent

Events = Annotated[list[HookEvent], Field(min_length=1, max_length=len(HookEvent))]


class NewWebhook(BaseModel):
    """An address to tell of events."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=500)
    events: Events


class WebhookDetails(BaseModel):
    """An address that is told of events."""

    id: UUID
    url: str
    events: list[HookEvent]


class MadeWebhook(WebhookDetails):
    """A new one, with its secret, which is shown this once."""

    secret: str = Field(
        description="Each message carries `Sonoloop-Signature: t=…,v1=…`: v1 is the HMAC-SHA256 "
        "under this secret, in hex, of t, a full stop and the body."
    )


class WebhookList(BaseModel):
    """A project's webhooks, the oldest first."""

    items: list[WebhookDetails]
