"""People, sessions, links and tokens as JSON, in requests and answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from app.accounts.access import Scope
from app.accounts.passwords import MAX_LENGTH, MIN_LENGTH
from app.accounts.tables import LinkPurpose, Role
from app.core.languages import Language

MAX_TOKEN_DAYS = 3650

# The pattern of a valid email address in browsers (WHATWG HTML, "valid email address").
EMAIL_PATTERN = (
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+"
    r"@[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(\.[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$"
)
NAME_PATTERN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

Email = Annotated[
    str, StringConstraints(min_length=3, max_length=254, pattern=EMAIL_PATTERN, to_lower=True)
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=120, pattern=NAME_PATTERN, strip_whitespace=True),
]


def _whole(secret: SecretStr) -> SecretStr:
    """Check that a secret is valid Unicode; pydantic checks that only of plain texts."""
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise ValueError("this holds half of a character") from None
    return secret


Secret = Annotated[SecretStr, AfterValidator(_whole)]
AnyPassword = Annotated[Secret, Field(min_length=1, max_length=MAX_LENGTH)]
NewPassword = Annotated[Secret, Field(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]
LinkToken = Annotated[Secret, Field(min_length=1, max_length=100)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Output(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PersonName(_Output):
    """A person as shown beside what they own or did."""

    id: UUID
    name: str


class ProjectRole(BaseModel):
    """A project, and a person's role in it."""

    id: UUID
    name: str
    role: Role


class SessionUser(PersonName):
    """The person who is signed in."""

    email: str | None = Field(description="Null of a service account.")
    role: Role = Field(description="Admin of the site, else the highest role in a project.")
    site_admin: bool
    projects: list[ProjectRole] = Field(
        description="The person's projects, oldest first; site admins belong to all."
    )
    language: Language | None = Field(
        description="Language of the pages; null follows the browser's."
    )


class UserDetails(SessionUser):
    """A person as admins see them."""

    service: bool = Field(description="A machine's account; nobody signs in with it.")
    active: bool
    pending: bool = Field(description="Invited, but has not set a password yet.")
    link_expires_at: datetime | None = Field(
        description="When the invitation or password link expires; null if none is valid."
    )
    created_at: datetime
    last_seen_at: datetime | None


class SetUpState(BaseModel):
    """Whether this site still waits for its first admin."""

    needed: bool


class FirstAdmin(_Input):
    """The first admin, made with the one-time link that the server printed."""

    token: LinkToken
    name: Name
    email: Email
    password: NewPassword


class LinkLookup(_Input):
    """The secret of a one-time link."""

    token: LinkToken


class LinkDetails(BaseModel):
    """The purpose of a one-time link, and the person that it belongs to."""

    purpose: LinkPurpose
    email: str | None
    name: str | None


class LinkAcceptance(_Input):
    """A password set through an invitation or a reset link."""

    token: LinkToken
    name: Name | None = None
    password: NewPassword


class Credentials(_Input):
    """Email and password."""

    email: Annotated[str, Field(min_length=1, max_length=254)]
    password: AnyPassword


class SessionDetails(BaseModel):
    """The signed-in person, and the end of their session."""

    user: SessionUser
    expires_at: datetime


class LanguageChoice(_Input):
    """The language of the pages for a person."""

    language: Language


class PasswordChange(_Input):
    """The current password and the new one."""

    current_password: AnyPassword
    new_password: NewPassword
    keep_tokens: bool = Field(False, description="Keep the caller's API tokens valid.")


class ForgottenPassword(_Input):
    """The person who forgot their password."""

    email: Annotated[str, Field(min_length=1, max_length=254)]


class NewUser(_Input):
    """A person to invite."""

    name: Name
    email: Email
    role: Role = Field(description="Role in the project; `admin` is an admin of the site.")
    project: UUID | None = Field(None, description="Default: the one that the site began with.")


class NewServiceAccount(_Input):
    """An account for a machine: a script, or a sender in a PACS."""

    name: Name
    project: UUID | None = Field(None, description="Default: the one that the site began with.")


class SetUpLink(BaseModel):
    """A one-time link that sets a password; it is shown only once."""

    set_up_url: str
    mailed: bool = Field(description="Whether it was sent to the person by e-mail as well.")


class InvitedUser(BaseModel):
    """A person and the link to give to them; null if the same request was sent before."""

    user: UserDetails
    set_up_url: str | None
    mailed: bool = Field(False, description="Whether it was sent to the person as well.")


class UserChange(_Input):
    """The changes to a person; a field that is left out or null stays as it is."""

    name: Name | None = None
    email: Email | None = Field(None, description="The address to sign in with from now on.")
    role: Role | None = None
    active: bool | None = None


class GroupName(_Input):
    """The name of a group of people."""

    name: Name


class GroupDetails(BaseModel):
    """A group of people, and its roles in projects."""

    id: UUID
    name: str
    members: list[PersonName] = Field(description="By name.")
    projects: list[ProjectRole]


class GroupList(BaseModel):
    """Groups by name."""

    items: list[GroupDetails]


class GroupInProject(BaseModel):
    """A group of people as the admins of a project see it."""

    id: UUID
    name: str
    members: int
    role: Role | None = Field(description="Role in the project; null if the group has none here.")


class GroupsInProject(BaseModel):
    """Groups by name."""

    items: list[GroupInProject]


class GroupRoleChoice(_Input):
    """The role that everybody in a group has, at least, in a project."""

    role: Role


class TokenDetails(_Output):
    """An API token, without its secret."""

    id: UUID
    name: str
    scopes: list[Scope]
    owner: PersonName
    project: UUID | None = Field(
        description="The only project the token gives access to; null: all of its owner's."
    )
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class NewToken(_Input):
    """An API token to create."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    project: UUID | None = Field(None, description="Default: all projects of its owner.")
    service_account: UUID | None = Field(
        None,
        description="Service account the token acts as, for site admins; default: the caller.",
    )
    expires_in_days: Annotated[int | None, Field(ge=1, le=MAX_TOKEN_DAYS)] = None


class CreatedToken(TokenDetails):
    """A new token with its secret, shown once; null if the same request was sent before."""

    token: str | None
