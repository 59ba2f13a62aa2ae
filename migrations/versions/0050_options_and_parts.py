"""A project's own de-identification options; files uploaded in parts"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

OPTIONS = ("retain_patient_characteristics", "retain_shifted_dates")


def upgrade() -> None:
    """Apply. The site's settings continue to apply in every project."""
    for option in OPTIONS:
        op.add_column("project", sa.Column(option, sa.Boolean(), nullable=True))
    op.create_table(
        "upload",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_upload_project_id_project")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_upload_owner_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_owner_id"), "upload", ["owner_id"])
    op.create_index(op.f("ix_upload_created_at"), "upload", ["created_at"])


def downgrade() -> None:
    """Undo. The site's settings apply in every project again; parts of files become orphans."""
    op.drop_table("upload")
    for option in OPTIONS:
        op.drop_column("project", option)
