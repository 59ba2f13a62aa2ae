"""Webhooks as JSON."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.core.problems import ProblemDetails
from app.hooks.tables import HookEvent

Events = Annotated[list[HookEvent], Field(min_length=1, max_length=len(HookEvent))]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewWebhook(_Input):
    """An address to send events to."""

    url: str = Field(max_length=500)
    events: Events


class WebhookChange(_Input):
    """Changes; fields left out stay as they are.

    While it is paused, no events are sent, and events of that time are not sent later.
    """

    events: Events | None = None
    paused: bool | None = None


class WebhookDetails(BaseModel):
    """An address that receives events."""

    id: UUID
    url: str
    events: list[HookEvent]
    paused: bool
    created_at: datetime


class MadeWebhook(WebhookDetails):
    """A new webhook, or one with a new secret, which is shown only once."""

    secret: str = Field(
        description="Each message carries `Sonoloop-Signature: t=…,v1=…`: v1 is the HMAC-SHA256 "
        "under this secret, in hex, of t, a full stop and the body."
    )


class WebhookList(BaseModel):
    """A project's webhooks, oldest first."""

    items: list[WebhookDetails]


class WebhookDelivery(BaseModel):
    """One message to one address."""

    id: UUID = Field(description="Id of the message: `Sonoloop-Delivery`.")
    event: str = Field(description="One of the events, or `test`.")
    at: datetime
    state: Literal["waiting", "delivered", "failed"]
    tries: int = Field(description="Failed attempts so far.")
    ended_at: datetime | None
    next_at: datetime | None = Field(
        description="When the next attempt may be made, at the earliest."
    )
    detail: str | None = Field(description="Why the last attempt failed and what to do.")
    problem: ProblemDetails | None = Field(
        description=(
            "The same with a code; for `not-delivered`, `reason` and `values` give it in a "
            "form for programs."
        )
    )


class WebhookDeliveryList(BaseModel):
    """The last messages to one address, newest first."""

    items: list[WebhookDelivery]
