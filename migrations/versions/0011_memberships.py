"""Roles belong to memberships of projects; above them stand site admins

A person's former global role becomes their role in the project that contains everything so far. The
indexes of images start with the project, because every list filters by it.
"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

FIRST = UUID("019b0000-0000-7000-8000-000000000001")
ROLE = sa.Enum("annotator", "reviewer", "admin", name="role", native_enum=False, length=20)
RANKS = ["uncertainty_rank", "disagreement_rank", "id"]
INDEXES: dict[str, list[str]] = {
    "owner_id_id": ["owner_id", "id"],
    "state_id": ["state", "id"],
    "uncertainty_score_id": ["uncertainty_score", "id"],
    "owner_id_uncertainty_score_id": ["owner_id", "uncertainty_score", "id"],
    "model_name_id": ["model_name", "id"],
    "lesion_count_id": ["lesion_count", "id"],
    "approved_at_id": ["approved_at", "id"],
    "readers_wanted": ["readers_wanted"],
    "owner_id_readers_wanted": ["owner_id", "readers_wanted"],
    "state_double_reading": ["state", "double_reading"],
    "priority": RANKS,
    "state_priority": ["state", *RANKS],
    "owner_priority": ["owner_id", *RANKS],
    "wanted_priority": ["wants_readers", *RANKS],
    "owner_wanted_priority": ["owner_id", "wants_readers", *RANKS],
}


def upgrade() -> None:
    """Apply."""
    membership = op.create_table(
        "membership",
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", ROLE, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["project.id"],
            name=op.f("fk_membership_project_id_project"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_membership_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_user_id"), "membership", ["user_id"])
    user = sa.table("user", sa.column("id", sa.Uuid()), sa.column("role", ROLE))
    first = sa.literal(FIRST, sa.Uuid())
    at = sa.literal(datetime.now(UTC), sa.DateTime(timezone=True))
    op.execute(
        membership.insert().from_select(
            ["project_id", "user_id", "role", "created_at"],
            sa.select(first, user.c.id, user.c.role, at),
        )
    )
    with op.batch_alter_table("user") as table:
        table.add_column(
            sa.Column("site_admin", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("service", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.alter_column("email", nullable=True, existing_type=sa.String(length=254))
    above = sa.table("user", sa.column("site_admin", sa.Boolean()), sa.column("role", ROLE))
    op.execute(above.update().where(above.c.role == "admin").values(site_admin=sa.true()))
    with op.batch_alter_table("user") as table:
        for column in ("site_admin", "service"):
            table.alter_column(column, server_default=None, existing_type=sa.Boolean())
        table.drop_column("role")
    _index(["project_id"])


def downgrade() -> None:
    """Undo; a person's role is the one in the first project, or annotator.

    The database refuses this if there are service accounts, which have no email.
    """
    _index([])
    with op.batch_alter_table("user") as table:
        table.add_column(sa.Column("role", ROLE, nullable=False, server_default="annotator"))
    user = sa.table(
        "user", sa.column("id", sa.Uuid()), sa.column("role", ROLE), sa.column("site_admin")
    )
    membership = sa.table(
        "membership",
        sa.column("project_id", sa.Uuid()),
        sa.column("user_id", sa.Uuid()),
        sa.column("role", ROLE),
    )
    found = sa.select(membership.c.role).where(
        membership.c.user_id == user.c.id, membership.c.project_id == FIRST
    )
    role = sa.func.coalesce(found.scalar_subquery(), "annotator")
    op.execute(user.update().values(role=sa.case((user.c.site_admin, "admin"), else_=role)))
    with op.batch_alter_table("user") as table:
        table.alter_column("role", server_default=None, existing_type=ROLE)
        table.alter_column("email", nullable=False, existing_type=sa.String(length=254))
        table.drop_column("service")
        table.drop_column("site_admin")
    op.drop_table("membership")


def _index(first: list[str]) -> None:
    """Recreate the indexes of images, all starting with these columns."""
    for name, columns in INDEXES.items():
        before, after = ("", "project_id_") if first else ("project_id_", "")
        if name.endswith("priority"):
            before = after = ""
        op.drop_index(op.f(f"ix_image_{before}{name}"), "image")
        op.create_index(op.f(f"ix_image_{after}{name}"), "image", [*first, *columns])
    if first:
        op.create_index(op.f("ix_image_project_id_id"), "image", [*first, "id"])
    else:
        op.drop_index(op.f("ix_image_project_id_id"), "image")
