"""A snapshot stores its classes and replayed sets; a run stores a log"""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("pool_snapshot", sa.Column("classes", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("pool_snapshot", sa.Column("replay", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("training_run", sa.Column("log", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("training_run", "log")
    op.drop_column("pool_snapshot", "replay")
    op.drop_column("pool_snapshot", "classes")
