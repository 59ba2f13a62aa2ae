"""A project's rule that reads the case from a file's name"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("project", sa.Column("case_rule", sa.String(length=100), nullable=True))


def downgrade() -> None:
    """Undo. The rules are lost; the cases that they read stay."""
    op.drop_column("project", "case_rule")
