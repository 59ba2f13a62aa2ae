"""Pending commitments to DICOM peers, and the peers' addresses; authorities of destinations;
webhooks that pause
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("dicom_peer", sa.Column("host", sa.String(255), nullable=True))
    op.add_column("dicom_peer", sa.Column("port", sa.Integer(), nullable=True))
    op.create_table(
        "dicom_commitment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("peer_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["peer_id"],
            ["dicom_peer.id"],
            name=op.f("fk_dicom_commitment_peer_id_dicom_peer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dicom_commitment")),
    )
    op.add_column("destination", sa.Column("ca_certificate", sa.Text(), nullable=True))
    op.add_column(
        "webhook", sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def downgrade() -> None:
    """Undo. Pending commitments are not answered, and paused webhooks continue."""
    op.drop_column("webhook", "paused")
    op.drop_column("destination", "ca_certificate")
    op.drop_table("dicom_commitment")
    for name in ("port", "host"):
        op.drop_column("dicom_peer", name)
