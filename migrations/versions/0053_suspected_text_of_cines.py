"""Areas that look like text lie in all frames of a cine; those judged by its first frame are open"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply. Whether the other frames are black as well is not known here: people judge again."""
    op.execute(
        "UPDATE suspected_text SET judgement = NULL, judged_by_id = NULL, judged_at = NULL "
        "WHERE judgement = 'blacked-out' "
        "AND image_id IN (SELECT id FROM image WHERE frame_count > 1)"
    )
    for name in ("last_frame", "first_frame"):
        op.drop_column("suspected_text", name)


def downgrade() -> None:
    """Undo. The judgements that were taken back stay open."""
    for name in ("first_frame", "last_frame"):
        op.add_column(
            "suspected_text", sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        )
