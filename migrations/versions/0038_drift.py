"""Weeks of a project, each checked once for drift"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "drift_week",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.DateTime(timezone=True), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("patients", sa.Integer(), nullable=False),
        sa.Column("look", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("alarms", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_drift_week_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drift_week")),
        sa.UniqueConstraint(
            "project_id",
            "week",
            "model_name",
            "model_version",
            name=op.f("uq_drift_week_project_id_week_model_name_model_version"),
        ),
    )
    op.create_index(op.f("ix_drift_week_project_id_week"), "drift_week", ["project_id", "week"])


def downgrade() -> None:
    """Undo. Drift results are lost."""
    op.drop_table("drift_week")
