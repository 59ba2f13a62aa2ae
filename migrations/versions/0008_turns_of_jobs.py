"""The order of jobs by turns

Waiting jobs keep their order among themselves and come before new ones.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("job") as table:
        table.add_column(
            sa.Column("awaited", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
        table.add_column(sa.Column("message_id", sa.Uuid(), nullable=True))
        table.drop_index(op.f("ix_job_state_id"))
        table.create_index(op.f("ix_job_state_turn_id"), ["state", "turn", "id"])
        table.create_index(
            op.f("ix_job_owner_id_awaited_state_turn"), ["owner_id", "awaited", "state", "turn"]
        )
    with op.batch_alter_table("job") as table:
        table.alter_column("awaited", server_default=None, existing_type=sa.Boolean())
        table.alter_column("turn", server_default=None, existing_type=sa.BigInteger())


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("job") as table:
        table.drop_index(op.f("ix_job_owner_id_awaited_state_turn"))
        table.drop_index(op.f("ix_job_state_turn_id"))
        table.create_index(op.f("ix_job_state_id"), ["state", "id"])
        table.drop_column("message_id")
        table.drop_column("turn")
        table.drop_column("awaited")
