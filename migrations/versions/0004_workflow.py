"""Priority order, number of readers that an image needs, sources of a consensus

The ranks and ``wants_readers`` are generated columns. On SQLite a later migration that rebuilds ``image`` (any batch
that alters a column) must drop them first and add them again afterwards: Alembic copies every
column of a table that it rebuilds, which fails for generated columns.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTED = [["readers_wanted"], ["owner_id", "readers_wanted"], ["state", "double_reading"]]
RANKS = ["uncertainty_rank", "disagreement_rank", "id"]


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("image") as batch_op:
        batch_op.add_column(
            sa.Column("readers_wanted", sa.Integer(), nullable=False, server_default="1")
        )
    with op.batch_alter_table("image") as batch_op:
        batch_op.alter_column("readers_wanted", server_default=None)
        for rank, column in (
            ("uncertainty_rank", "uncertainty_score"),
            ("disagreement_rank", "disagreement"),
        ):
            negated = sa.Computed(f"-coalesce({column}, -1.0)", persisted=True)
            batch_op.add_column(sa.Column(rank, sa.Float(), negated, nullable=False))
        wanted = sa.Computed("readers_wanted > 0", persisted=True)
        batch_op.add_column(sa.Column("wants_readers", sa.Boolean(), wanted, nullable=False))
    for columns in COUNTED:
        op.create_index(op.f(f"ix_image_{'_'.join(columns)}"), "image", columns)
    op.create_index("ix_image_priority", "image", RANKS)
    op.create_index("ix_image_state_priority", "image", ["state", *RANKS])
    op.create_index("ix_image_owner_priority", "image", ["owner_id", *RANKS])
    op.create_index("ix_image_wanted_priority", "image", ["wants_readers", *RANKS])
    op.create_index(
        "ix_image_owner_wanted_priority", "image", ["owner_id", "wants_readers", *RANKS]
    )
    op.add_column("mask", sa.Column("consensus", sa.JSON(), nullable=True))
    op.create_index(op.f("ix_reading_submitted_at"), "reading", ["submitted_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_reading_submitted_at"), "reading")
    with op.batch_alter_table("mask") as batch_op:
        batch_op.drop_column("consensus")
    for name in ("owner_wanted_", "wanted_", "owner_", "state_", ""):
        op.drop_index(f"ix_image_{name}priority", "image")
    for columns in COUNTED:
        op.drop_index(op.f(f"ix_image_{'_'.join(columns)}"), "image")
    with op.batch_alter_table("image") as batch_op:
        for column in ("wants_readers", "disagreement_rank", "uncertainty_rank", "readers_wanted"):
            batch_op.drop_column(column)
