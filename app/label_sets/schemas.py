"""Label sets as JSON."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.label_sets.tables import AttributeKind, AttributeSubject, ClassKind

MOST_CLASSES = 100
MOST_ATTRIBUTES = 100
MOST_CHOICES = 50

# Printable, so that names fit every export format.
_SHOWN = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


def _text(most: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=most, strip_whitespace=True, pattern=_SHOWN)


Name = Annotated[str, _text(80)]
Term = Annotated[str, _text(80)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]


TERM = (
    "Key of the text in a ready set, by which pages translate it; null where a person wrote it. "
    "Kept while the text is the ready one."
)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Code(_Input):
    """A code from a terminology (DICOM PS3.16 section 8)."""

    scheme: Annotated[str, _text(16)] = Field(description="Such as SCT for SNOMED CT.")
    value: Annotated[str, _text(64)]
    meaning: Annotated[str, _text(120)]


class ClassFields(_Input):
    """A class of a label set."""

    name: Name
    term: Term | None = Field(None, description=TERM)
    colour: Colour = Field(description="#rrggbb in lower case.")
    code: Code | None = None
    kind: ClassKind = ClassKind.INSTANCE
    parent_id: UUID | None = Field(None, description="A broader class of the same set.")
    overlaps: bool = Field(False, description="May share pixels with lesions of other classes.")
    archived: bool = Field(
        False, description="Kept on drawings that have it; not offered for new ones."
    )


class Choice(_Input):
    """One value of a choice."""

    value: Annotated[str, _text(40)] = Field(description="The stored value; it never changes.")
    meaning: Annotated[str, _text(120)] = Field(description="The text shown.")
    term: Term | None = Field(None, description=TERM)


class AttributeFields(_Input):
    """An attribute of a label set."""

    name: Name
    term: Term | None = Field(None, description=TERM)
    subject: AttributeSubject
    kind: AttributeKind
    required: bool = Field(False, description="A drawing cannot be handed in without it.")
    class_ids: Annotated[list[UUID], Field(max_length=MOST_CLASSES)] = Field(
        [], description="For attributes of lesions: the classes that have it; empty: all."
    )
    choices: Annotated[list[Choice], Field(max_length=MOST_CHOICES)] = Field(
        [], description="For a choice: its values in order."
    )
    unit: Annotated[str, _text(20)] | None = None
    minimum: Annotated[float, Field(allow_inf_nan=False)] | None = None
    maximum: Annotated[float, Field(allow_inf_nan=False)] | None = None
    archived: bool = False


class NewClass(ClassFields):
    """A class of a set to write."""

    id: UUID | None = Field(
        None, description="Of a class that is there; or a new one, so that others can name it."
    )


class NewAttribute(AttributeFields):
    """An attribute of a set to write."""

    id: UUID | None = None


class NewLabelSet(_Input):
    """A set to make: with only what is given, or from a ready set."""

    name: Name
    ready: str | None = Field(
        None,
        max_length=40,
        description="Key of a ready set whose classes and attributes it starts with.",
    )
    classes: Annotated[list[NewClass], Field(max_length=MOST_CLASSES)] = []
    attributes: Annotated[list[NewAttribute], Field(max_length=MOST_ATTRIBUTES)] = []


class LabelSetUpdate(_Input):
    """A set's new contents. Classes that are not listed are deleted if no drawing has them."""

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)] = Field(
        description="The version that was changed."
    )
    name: Name
    archived: bool = False
    classes: Annotated[list[NewClass], Field(min_length=1, max_length=MOST_CLASSES)]
    attributes: Annotated[list[NewAttribute], Field(max_length=MOST_ATTRIBUTES)] = []


class ClassDetails(ClassFields):
    """One class."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    used: bool = Field(description="A revision uses it, so it cannot be deleted.")


class AttributeDetails(AttributeFields):
    """One attribute."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    used: bool


class LabelSetDetails(BaseModel):
    """One set with its classes and attributes, in order."""

    id: UUID
    name: str
    version: int
    project_ids: list[UUID] = Field(description="Projects whose new drawings follow it.")
    archived: bool
    created_at: datetime
    classes: list[ClassDetails]
    attributes: list[AttributeDetails]


class LabelSetList(BaseModel):
    """All sets: those that projects follow first, then by name."""

    items: list[LabelSetDetails]


class LabelSetChoice(_Input):
    """The label set that a project follows."""

    label_set_id: UUID


class ReadySet(BaseModel):
    """A set that comes with the program, to start from."""

    key: str
    name: str
    source: str = Field(description="The document that it follows.")
    classes: int
    attributes: int


class ReadySetList(BaseModel):
    """Ready sets."""

    items: list[ReadySet]
