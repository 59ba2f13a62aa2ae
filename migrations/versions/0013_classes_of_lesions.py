"""Agreement by class, and the classes of lesions in the pool

Earlier measurements keep nulls: their lesions belong to the only class that existed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("agreement", sa.Column("by_class", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("pool_measure", sa.Column("class_ids", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("pool_measure", "class_ids")
    op.drop_column("agreement", "by_class")
