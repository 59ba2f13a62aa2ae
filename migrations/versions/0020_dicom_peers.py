"""Application entities that may send images here"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "dicom_peer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ae_title", sa.String(16), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("commits", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["user.id"], name=op.f("fk_dicom_peer_account_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_dicom_peer_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dicom_peer")),
        sa.UniqueConstraint("ae_title", name=op.f("uq_dicom_peer_ae_title")),
    )


def downgrade() -> None:
    """Undo. Nobody may send by C-STORE then."""
    op.drop_table("dicom_peer")
