"""Tables of people and of their means of signing in."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base
from app.core.ids import new_id, now
from app.projects.tables import Role as Role


class LinkPurpose(StrEnum):
    """The purpose of a one-time link."""

    FIRST_ADMIN = "first-admin"
    INVITATION = "invitation"
    RESET = "reset"


class User(Base):
    """A person, or a service account, which owns what a machine sends and never signs in.

    ``email`` is stored in lower case; a service account has none.
    """

    __tablename__ = "user"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    site_admin: Mapped[bool] = mapped_column(Boolean, default=False)
    """Has the role admin in every project, and manages people, projects and the audit log."""
    service: Mapped[bool] = mapped_column(Boolean, default=False)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Null for a service account and until an invitation is accepted: then nobody can sign in."""
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_seen_at: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(8))
    """Language of the pages, an `app.core.languages.Language`; null follows the browser."""


class SignInSession(Base):
    """A browser that is signed in; the cookie's secret is stored only as a digest."""

    __tablename__ = "session"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    user: Mapped[User] = relationship(lazy="joined")


class ApiToken(Base):
    """A bearer token of a script, stored as a digest; acts as its owner within its scopes."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    scopes: Mapped[list[Any]]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    project_id: Mapped[UUID | None] = mapped_column(ForeignKey("project.id"))
    """The project that the token is confined to; null admits it to all projects of its owner."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    user: Mapped[User] = relationship(lazy="joined")


class OneTimeLink(Base):
    """A link that sets a password once: for the first admin, an invitation or a reset."""

    __tablename__ = "one_time_link"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    purpose: Mapped[LinkPurpose]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]


class SignInFailure(Base):
    """A failed sign-in, for the rate limit; keyed by HMAC of the address, not by the address."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index(None, "subject", "at"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=now, index=True)


class IdempotencyRecord(Base):
    """The object made by a request with an ``Idempotency-Key``; a retry returns the same one."""

    __tablename__ = "idempotency_record"

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the client's key, whose text may be anything."""
    fingerprint: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(30))
    object_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
