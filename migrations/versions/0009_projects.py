"""Projects: existing data belong to one that this migration creates

The same pixels of one owner are one image, and a subject is one subject, within a project.
"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

FIRST = UUID("019b0000-0000-7000-8000-000000000001")
OWNED = ("job", "export", "import")


def upgrade() -> None:
    """Apply."""
    project = op.create_table(
        "project",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("default_model", sa.String(length=80), nullable=True),
        sa.Column("double_reading_share", sa.Float(), nullable=True),
        sa.Column("self_approval", sa.Boolean(), nullable=True),
        sa.Column("blind_to_model", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    first = {"id": FIRST, "name": "First project", "purpose": "", "blind_to_model": False}
    op.bulk_insert(project, [{**first, "created_at": datetime.now(UTC)}])

    for name in OWNED:
        with op.batch_alter_table(name) as table:
            table.add_column(_project_id())
            table.create_foreign_key(
                op.f(f"fk_{name}_project_id_project"), "project", ["project_id"], ["id"]
            )
        with op.batch_alter_table(name) as table:
            table.alter_column("project_id", server_default=None, existing_type=sa.Uuid())

    with op.batch_alter_table("subject") as table:
        table.add_column(_project_id())
        table.create_foreign_key(
            op.f("fk_subject_project_id_project"), "project", ["project_id"], ["id"]
        )
        table.drop_constraint(op.f("uq_subject_pseudonym"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_subject_project_id_pseudonym"), ["project_id", "pseudonym"]
        )
    with op.batch_alter_table("subject") as table:
        table.alter_column("project_id", server_default=None, existing_type=sa.Uuid())

    _drop_ranks()
    with op.batch_alter_table("image") as table:
        table.add_column(_project_id())
        table.create_foreign_key(
            op.f("fk_image_project_id_project"), "project", ["project_id"], ["id"]
        )
        table.drop_constraint(op.f("uq_image_owner_id_pixel_sha256"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_image_project_id_owner_id_pixel_sha256"),
            ["project_id", "owner_id", "pixel_sha256"],
        )
    with op.batch_alter_table("image") as table:
        table.alter_column("project_id", server_default=None, existing_type=sa.Uuid())
        _add_ranks(table)
    _index_ranks()

    _aliases(["project_id", "owner_id", "pixel_sha256"])
    with op.batch_alter_table("api_token") as table:
        table.add_column(sa.Column("project_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            op.f("fk_api_token_project_id_project"), "project", ["project_id"], ["id"]
        )


def downgrade() -> None:
    """Undo; the database refuses this if two projects have the same pixels or subject."""
    with op.batch_alter_table("api_token") as table:
        table.drop_constraint(op.f("fk_api_token_project_id_project"), type_="foreignkey")
        table.drop_column("project_id")
    _aliases(["owner_id", "pixel_sha256"])
    _drop_ranks()
    with op.batch_alter_table("image") as table:
        table.drop_constraint(op.f("uq_image_project_id_owner_id_pixel_sha256"), type_="unique")
        table.drop_constraint(op.f("fk_image_project_id_project"), type_="foreignkey")
        table.drop_column("project_id")
        table.create_unique_constraint(
            op.f("uq_image_owner_id_pixel_sha256"), ["owner_id", "pixel_sha256"]
        )
    with op.batch_alter_table("image") as table:
        table.alter_column("readers_wanted", existing_type=sa.Integer())
        _add_ranks(table)
    _index_ranks()
    with op.batch_alter_table("subject") as table:
        table.drop_constraint(op.f("uq_subject_project_id_pseudonym"), type_="unique")
        table.drop_constraint(op.f("fk_subject_project_id_project"), type_="foreignkey")
        table.drop_column("project_id")
        table.create_unique_constraint(op.f("uq_subject_pseudonym"), ["pseudonym"])
    for name in OWNED:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(op.f(f"fk_{name}_project_id_project"), type_="foreignkey")
            table.drop_column("project_id")
    op.drop_table("project")


def _project_id() -> sa.Column[UUID]:
    """Set to the first project if there are rows."""
    value = FIRST.hex if op.get_bind().dialect.name == "sqlite" else str(FIRST)
    return sa.Column("project_id", sa.Uuid(), nullable=False, server_default=value)


RANKS = ["uncertainty_rank", "disagreement_rank", "id"]
RANKED = {
    "": [],
    "state_": ["state"],
    "owner_": ["owner_id"],
    "wanted_": ["wants_readers"],
    "owner_wanted_": ["owner_id", "wants_readers"],
}


def _drop_ranks() -> None:
    """Generated columns cannot be copied when SQLite rebuilds their table."""
    for name in RANKED:
        op.drop_index(f"ix_image_{name}priority", "image")
    with op.batch_alter_table("image") as table:
        for column in ("wants_readers", "disagreement_rank", "uncertainty_rank"):
            table.drop_column(column)


def _add_ranks(table: "op.BatchOperations") -> None:  # type: ignore[name-defined]
    for rank, column in (
        ("uncertainty_rank", "uncertainty_score"),
        ("disagreement_rank", "disagreement"),
    ):
        negated = sa.Computed(f"-coalesce({column}, -1.0)", persisted=True)
        table.add_column(sa.Column(rank, sa.Float(), negated, nullable=False))
    wanted = sa.Computed("readers_wanted > 0", persisted=True)
    table.add_column(sa.Column("wants_readers", sa.Boolean(), wanted, nullable=False))


def _index_ranks() -> None:
    for name, columns in RANKED.items():
        op.create_index(f"ix_image_{name}priority", "image", [*columns, *RANKS])


def _aliases(key: list[str]) -> None:
    """Recreate the table of aliases with this primary key, and keep its rows."""
    before = "pixel_alias_before"
    if "project_id" in key:
        added, expression = [sa.Column("project_id", sa.Uuid(), nullable=False)], ":first, "
    else:
        added, expression = [], ""
    op.execute(f"CREATE TABLE {before} AS SELECT * FROM pixel_alias")  # noqa: S608
    op.drop_table("pixel_alias")
    names = {"owner_id": "user", "image_id": "image", "project_id": "project"}
    kept = ["owner_id", "pixel_sha256", "image_id"]
    columns = [column.name for column in added] + kept
    op.create_table(
        "pixel_alias",
        *added,
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column],
                [f"{names[column]}.id"],
                name=op.f(f"fk_pixel_alias_{column}_{names[column]}"),
                ondelete="CASCADE" if column == "image_id" else None,
            )
            for column in columns
            if column in names
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_pixel_alias")),
    )
    op.create_index(op.f("ix_pixel_alias_image_id"), "pixel_alias", ["image_id"])
    copied = sa.text(
        f"INSERT INTO pixel_alias ({', '.join(columns)}) "  # noqa: S608
        f"SELECT {expression}{', '.join(kept)} FROM {before}"
    )
    if added:
        copied = copied.bindparams(sa.bindparam("first", FIRST, sa.Uuid()))
    op.get_bind().execute(copied)
    op.drop_table(before)
