"""Rename the column with the time of a job's last message to workers"""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("ALTER TABLE job RENAME COLUMN rung_at TO notified_at")


def downgrade() -> None:
    """Undo."""
    op.execute("ALTER TABLE job RENAME COLUMN notified_at TO rung_at")
