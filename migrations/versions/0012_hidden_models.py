"""Images whose readers do not see the model's outlines

Nothing was hidden before.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "image",
        sa.Column("model_hidden", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("image", "model_hidden")
