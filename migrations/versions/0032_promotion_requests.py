"""Requests to let a version serve that failed the gate; deployments reference their evaluation"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "promotion_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("everywhere", sa.Boolean(), nullable=False),
        sa.Column("model_name", sa.String(length=80), nullable=False),
        sa.Column("model_version", sa.String(length=40), nullable=False),
        sa.Column("serving_name", sa.String(length=80), nullable=False),
        sa.Column("serving_version", sa.String(length=40), nullable=False),
        sa.Column("evaluation_id", sa.Uuid(), nullable=True),
        sa.Column("shut", sa.String(length=1000), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["model_name", "model_version"],
            ["model_version.name", "model_version.version"],
            name=op.f("fk_promotion_request_model_name_model_version"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_promotion_request_{column}_{table}")
            )
            for column, table in (
                ("project_id", "project"),
                ("created_by_id", "user"),
                ("decided_by_id", "user"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion_request")),
    )
    op.create_index(
        op.f("ix_promotion_request_project_id_id"), "promotion_request", ["project_id", "id"]
    )
    for name in ("evaluation_id", "confirmed_by_id"):
        op.add_column("deployment", sa.Column(name, sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Undo. The evaluation and the second admin of each deployment are lost."""
    for name in ("evaluation_id", "confirmed_by_id"):
        op.drop_column("deployment", name)
    op.drop_table("promotion_request")
