"""Destinations and deliveries as JSON."""

import ssl
from datetime import datetime
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

from app.accounts.schemas import Name
from app.core.problems import ProblemDetails
from app.sending.tables import Protocol

AeTitle = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=16, pattern=r"^[\x20-\x5b\x5d-\x7e]+$", strip_whitespace=True
    ),
]
Host = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9.:-]+$")]
Objects = Annotated[list[Literal["seg", "sr", "sc", "pr"]], Field(min_length=1, max_length=4)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDestination(_Input):
    """A PACS to send results to.

    C-STORE needs `ae_title`, `host` and `port`; STOW-RS needs `url` and accepts the value of an
    Authorization header, which is stored sealed and never shown.
    """

    name: Name
    protocol: Protocol
    ae_title: AeTitle | None = None
    calling_ae_title: AeTitle = "SONOLOOP"
    host: Host | None = None
    port: int | None = Field(None, ge=1, le=65535)
    tls: bool = False
    ca_certificate: str | None = Field(
        None,
        max_length=65_536,
        description="PEM of the authorities that its certificate is checked against; default: "
        "those of the machine.",
    )
    url: str | None = Field(None, max_length=500)
    authorization: SecretStr | None = Field(None, max_length=2000)
    objects: Objects = ["seg", "sr", "sc"]
    on_approval: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.ca_certificate is not None and not _readable(self.ca_certificate):
            raise ValueError("ca_certificate is PEM: -----BEGIN CERTIFICATE----- and so on")
        if self.protocol is Protocol.C_STORE:
            if not (self.ae_title and self.host and self.port):
                raise ValueError("C-STORE needs ae_title, host and port")
            return self
        parts = urlsplit(self.url or "")
        _ = parts.port  # raises ValueError if it is invalid
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise ValueError("STOW-RS needs url, such as https://pacs.example.org/dicom-web")
        if not _printable(self.url or ""):
            raise ValueError("the url is ASCII, other characters as %-codes")
        if parts.query or parts.fragment:
            raise ValueError("the url has no query and no fragment")
        if self.authorization and not _printable(self.authorization.get_secret_value()):
            raise ValueError("authorization is one line of ASCII")
        return self


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _readable(pem: str) -> bool:
    try:
        ssl.create_default_context(cadata=pem)
    except (ssl.SSLError, ValueError):
        return False
    return True


class DestinationChange(_Input):
    """Changes; fields left out stay as they are."""

    objects: Objects | None = None
    on_approval: bool | None = None


class DestinationDetails(BaseModel):
    """A PACS that results go to."""

    id: UUID
    name: str
    protocol: Protocol
    ae_title: str | None
    calling_ae_title: str | None
    host: str | None
    port: int | None
    tls: bool
    url: str | None
    has_credentials: bool
    has_ca_certificate: bool
    objects: list[str]
    on_approval: bool


class DestinationList(BaseModel):
    """A project's destinations, by name."""

    items: list[DestinationDetails]


class DeliveryDetails(BaseModel):
    """Progress of an image's newest approved result on its way to one destination."""

    destination_id: UUID
    destination: str
    state: Literal["waiting", "delivered", "failed"]
    delivered_at: datetime | None
    detail: str | None = Field(description="Why it failed and what to do.")
    problem: ProblemDetails | None = Field(
        description=(
            "The same with a code. For `not-delivered`, `reason` and `values` give it in a "
            "form for programs, and `tries` is the number of attempts before it was given up."
        )
    )


class DeliveryList(BaseModel):
    """The deliveries of an image's results.

    `writable` is false for an image that did not come as DICOM, because results cannot be written
    back for it. `automatic` says whether the project's results are sent automatically once they are
    approved.
    """

    writable: bool
    automatic: bool
    items: list[DeliveryDetails]


class ProjectDelivery(DeliveryDetails):
    """The same for an image of a project."""

    image_id: UUID
    queued_at: datetime
    tries: int = Field(description="Failed attempts so far.")
    next_at: datetime | None = Field(
        description="When the next attempt may be made, at the earliest."
    )


class ProjectDeliveries(BaseModel):
    """A project's deliveries, newest first; for each image the last one to each destination."""

    items: list[ProjectDelivery]


class SendOrder(_Input):
    """An order to send approved results, including those delivered before."""

    destination_id: UUID
