"""The size in bytes of an image's files"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INDEX = "ix_image_owner_id_stored_bytes"


def upgrade() -> None:
    """Apply. The sweeper counts existing files."""
    op.add_column("image", sa.Column("stored_bytes", sa.BigInteger(), nullable=True))
    op.create_index(op.f(INDEX), "image", ["owner_id", "stored_bytes"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f(INDEX), "image")
    op.drop_column("image", "stored_bytes")
