"""The person and time of a spacing that was measured by hand"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("region") as table:
        table.add_column(sa.Column("calibrated_by_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("calibrated_at", sa.DateTime(timezone=True), nullable=True))
        table.create_foreign_key(
            op.f("fk_region_calibrated_by_id_user"), "user", ["calibrated_by_id"], ["id"]
        )


def downgrade() -> None:
    """Undo. Person and time are lost; the spacing stays."""
    with op.batch_alter_table("region") as table:
        table.drop_constraint(op.f("fk_region_calibrated_by_id_user"), type_="foreignkey")
        table.drop_column("calibrated_at")
        table.drop_column("calibrated_by_id")
