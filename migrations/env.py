"""Alembic's environment: runs on the connection that the program hands over."""

from typing import Any, Literal

from alembic import context

from app.core.database import UtcDateTime
from app.tables import metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name plain types: they must not change when the program's do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
