"""Triggers that refuse to change the audit log"""

from alembic import op

from app.core.audit import APPEND_ONLY, REVERSE_APPEND_ONLY

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for statement in APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    dialect = op.get_bind().dialect.name
    if dialect == "sqlite":
        for word in ("update", "delete"):
            op.execute(f"DROP TRIGGER audit_event_no_{word}")
    for statement in REVERSE_APPEND_ONLY.get(dialect, []):
        op.execute(statement)
