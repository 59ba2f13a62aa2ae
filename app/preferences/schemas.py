"""A person's own preferences, as JSON."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from app.accounts.schemas import Name
from app.images.tables import ImageState
from app.reviews.queues import Queue
from app.reviews.schemas import NO_NUL
from app.worklist.schemas import LesionFilter, OwnerFilter, Sort, TextFilter

MOST_VIEWS = 50
MOST_KEYS = 300


class Column(StrEnum):
    """A column of the worklist's table that can be hidden."""

    STATE = "state"
    READERS = "readers"
    DUE = "due"
    FINDING = "finding"
    UNCERTAINTY = "uncertainty"
    DISAGREEMENT = "disagreement"
    LONG_AXIS = "long-axis"
    MODEL = "model"
    OWNER = "owner"
    ADDED = "added"


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ViewSearch(_Input):
    """The filters and the order of a view. No search text: it may be part of a patient's name."""

    queue: Queue | None = None
    state: ImageState | None = None
    lesions: LesionFilter | None = None
    text: TextFilter | None = None
    model: Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL)] | None = None
    owner: OwnerFilter | None = None
    reader: UUID | None = None
    sort: Sort | None = None


class View(_Input):
    """A search of the worklist, saved under a name."""

    id: UUID = Field(description="Chosen by the client.")
    name: Name
    project_id: UUID
    search: ViewSearch


def _each_once(columns: list[Column]) -> list[Column]:
    if len(set(columns)) != len(columns):
        raise ValueError("name each column only once")
    return columns


class WorklistPreferences(_Input):
    """A person's settings of their worklist."""

    columns: (
        Annotated[list[Column], Field(max_length=len(Column)), AfterValidator(_each_once)] | None
    ) = Field(None, description="The columns shown; null: the usual ones.")
    views: Annotated[list[View], Field(max_length=MOST_VIEWS)] = []
    default_views: Annotated[list[UUID], Field(max_length=MOST_VIEWS)] = Field(
        [], description="Views that the worklist starts with: at most one per project."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "WorklistPreferences":
        views = {view.id: view for view in self.views}
        if len(views) != len(self.views):
            raise ValueError("every view needs an id of its own")
        named = [(view.project_id, view.name) for view in self.views]
        if len(set(named)) != len(named):
            raise ValueError("two views of a project have the same name")
        if set(self.default_views) - views.keys():
            raise ValueError("a default view is none of the views")
        projects = [views[one].project_id for one in self.default_views]
        if len(set(projects)) != len(projects):
            raise ValueError("a project has one default view at most")
        return self


CommandName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+){0,7}$", max_length=60)
]
Key = Annotated[
    str,
    StringConstraints(pattern=r"^(Alt\+[a-z]|[^\s\x00-\x1f\x7f])$", max_length=5),
]


class KeyPreferences(_Input):
    """The keys that somebody chose for commands of the pages. The pages know which commands exist
    and which of them can conflict; a command that no longer exists is ignored."""

    keys: Annotated[dict[CommandName, Key | None], Field(max_length=MOST_KEYS)] = Field(
        {},
        description=(
            "By command: one character as the keyboard types it, or `Alt+` and a letter; "
            "null: no key. Commands that are not named keep theirs."
        ),
    )


class Preferences(BaseModel):
    """Everything that somebody has set for themselves."""

    worklist: WorklistPreferences
    keys: KeyPreferences
