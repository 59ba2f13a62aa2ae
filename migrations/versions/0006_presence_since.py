"""The time since when somebody has an image open

Rows of ``presence`` live for seconds, so the table is simply recreated.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _make(*more: sa.Column[object]) -> None:
    op.drop_table("presence")
    op.create_table(
        "presence",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("editing", sa.Boolean(), nullable=False),
        *more,
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_presence_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_presence_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "user_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"], unique=False)


def upgrade() -> None:
    """Apply."""
    _make(sa.Column("since", sa.DateTime(timezone=True), nullable=False))


def downgrade() -> None:
    """Undo."""
    _make()
