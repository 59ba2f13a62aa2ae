"""Accuracy of versions' classes, in the rows of evaluations"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("evaluation_row", sa.Column("classes", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("evaluation_row", "classes")
