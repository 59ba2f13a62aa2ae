"""Projects and their members as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.accounts.schemas import Email, Name
from app.accounts.tables import Role
from app.local_labels.case_rule import CaseRule

Purpose = Annotated[
    str,
    StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True),
]
Share = Annotated[float, Field(ge=0, le=1)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RulesInForce(BaseModel):
    """The rules in effect, with the site's setting for each rule that the project leaves open."""

    double_reading_share: float
    self_approval: bool
    retain_patient_characteristics: bool
    retain_shifted_dates: bool


class ProjectDetails(BaseModel):
    """A project, its rules, and the caller's role in it."""

    id: UUID
    name: str
    purpose: str
    double_reading_share: float | None = Field(description="Null is the site's setting.")
    self_approval: bool | None = Field(description="Null is the site's setting.")
    blind_to_model: bool
    retain_patient_characteristics: bool | None = Field(description="Null is the site's setting.")
    retain_shifted_dates: bool | None = Field(description="Null is the site's setting.")
    case_rule: str | None = Field(
        description="Reads the case out of the names of files that are sent without one."
    )
    in_force: RulesInForce
    role: Role
    members: int
    created_at: datetime


class ProjectList(BaseModel):
    """The caller's projects, oldest first."""

    items: list[ProjectDetails]


class NewProject(_Input):
    """A project to make. The caller becomes its first member, as an admin."""

    name: Name
    purpose: Purpose = ""


class ProjectChange(_Input):
    """Changes to a project; fields left out stay as they are. Null returns a rule to the site's
    setting."""

    name: Name | None = None
    purpose: Purpose | None = None
    double_reading_share: Share | None = None
    self_approval: bool | None = None
    blind_to_model: bool | None = None
    retain_patient_characteristics: bool | None = Field(
        None,
        description="Keep sex, age, size, weight, pregnancy and smoking of DICOM files (PS3.15 "
        "E.3.7). A signed-in site admin alone changes it.",
    )
    retain_shifted_dates: bool | None = Field(
        None,
        description="Keep dates of examinations, all of a patient's shifted by the same secret "
        "number of days (PS3.15 E.3.6). A signed-in site admin alone changes it.",
    )
    case_rule: CaseRule | None = Field(
        None, description="Such as `US_{case}_*`: `*` is any part, `?` one character; null: none."
    )


class RoleByGroup(BaseModel):
    """The role that a group gives to a member."""

    id: UUID
    name: str
    role: Role


class MemberDetails(BaseModel):
    """Somebody who works in a project."""

    id: UUID
    name: str
    email: str | None
    role: Role = Field(description="The highest of their own and their groups'.")
    own_role: Role | None = Field(
        description="Given to the person; null: they are a member through groups alone."
    )
    groups: list[RoleByGroup]
    service: bool
    active: bool
    open_readings: int = Field(description="Readings that they have yet to hand in.")


class MemberList(BaseModel):
    """Members of a project, by name."""

    items: list[MemberDetails]


class NewMember(_Input):
    """Somebody with an account, by email or id, whichever is known."""

    email: Email | None = None
    user_id: UUID | None = None
    role: Role


class MemberChange(_Input):
    """Another role."""

    role: Role
