"""Keys of other sites, and bundles from them"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "bundle_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_bundle_key_created_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bundle_key")),
    )
    op.create_index(op.f("ix_bundle_key_key"), "bundle_key", ["key"])
    op.create_table(
        "received_bundle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=True),
        sa.Column("model_name", sa.String(length=80), nullable=True),
        sa.Column("model_version", sa.String(length=40), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_received_bundle_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_received_bundle_job_id_job")),
        sa.ForeignKeyConstraint(
            ["key_id"], ["bundle_key.id"], name=op.f("fk_received_bundle_key_id_bundle_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received_bundle")),
        sa.UniqueConstraint("job_id", name=op.f("uq_received_bundle_job_id")),
    )


def downgrade() -> None:
    """Undo. Trusted keys and the origins of versions are lost."""
    op.drop_table("received_bundle")
    op.drop_table("bundle_key")
