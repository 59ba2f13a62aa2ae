"""Alembic's environment: runs on the connection that the application passes in."""

from typing import Any, Literal

from alembic import context

from app.core.database import UtcDateTime
from app.tables import metadata


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Render plain types: migrations must not change when the application's types do."""
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
