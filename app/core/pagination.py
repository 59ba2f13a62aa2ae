"""Lists by cursor: stable while rows come and go, and as fast at the end as at the start."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Generic, Protocol, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel
from pydantic_core import from_json, to_json

from app.core.problems import Problem


class HasId(Protocol):
    """A row, or its representation, in a list sorted by id."""

    @property
    def id(self) -> UUID: ...


Item = TypeVar("Item", bound=BaseModel)
Row = TypeVar("Row", bound=HasId)
Limit = Annotated[int, Query(ge=1, le=200, description="Items per page.")]
Cursor = Annotated[
    str | None, Query(max_length=400, description="`next_cursor` of the previous page.")
]


class Page(BaseModel, Generic[Item]):
    """One page, and the cursor of the next (null at the end)."""

    items: list[Item]
    next_cursor: str | None = None


def page_of(
    rows: Sequence[Row], limit: int, show: Callable[[Sequence[Row]], Sequence[Item]]
) -> Page[Item]:
    """Return a page of a list that is sorted by id.

    Args:
        rows: the rows after the cursor, one more than `limit` if there are that many.
        show: converts the rows of the page to their JSON models.
    """
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return Page(items=list(show(rows[:limit])), next_cursor=following)


def encode_cursor(*position: Any) -> str:
    """Return an opaque cursor for the position of a page's last row."""
    return urlsafe_b64encode(to_json(position)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> list[Any]:
    """Return the position in a cursor.

    Raises:
        Problem: 422 if it is not a cursor of this list.
    """
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = from_json(text, allow_inf_nan=False)
    except ValueError:
        position = None
    if not isinstance(position, list) or len(position) != length:
        raise foreign_cursor()
    return position


def id_in_cursor(cursor: str | None) -> UUID | None:
    """Return the id in the cursor of a list that is sorted by id; None at the list's beginning.

    Raises:
        Problem: 422 if it is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        return UUID(str(decode_cursor(cursor, 1)[0]))
    except ValueError as error:
        raise foreign_cursor() from error


def foreign_cursor() -> Problem:
    """Return a 422 for a cursor that this list did not make."""
    return Problem(422, "invalid-cursor", "This cursor is not one of this list; leave it out.")
