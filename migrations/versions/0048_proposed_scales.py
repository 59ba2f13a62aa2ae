"""Scales printed in a picture, as proposals"""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("region") as table:
        table.add_column(sa.Column("proposed_scale", sa.JSON(), nullable=True))
        table.add_column(
            sa.Column("scale_confirmed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    """Undo. Scales that people confirmed stay, as measured by hand."""
    with op.batch_alter_table("region") as table:
        table.drop_column("scale_confirmed")
        table.drop_column("proposed_scale")
