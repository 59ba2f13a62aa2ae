"""Preferences of people; classes and notes of frames, for search"""

import unicodedata
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

BATCH = 500
LESION_CLASS = "00000000-0000-7000-8000-000000000002"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "preference",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_preference_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "part", name=op.f("pk_preference")),
    )
    for table, column, key in (
        ("frame_class", sa.Column("class_id", sa.Uuid(), nullable=False), ("frame_id", "class_id")),
        ("frame_note", sa.Column("note", sa.Text(), nullable=False), ("frame_id",)),
    ):
        op.create_table(
            table,
            sa.Column("frame_id", sa.Uuid(), nullable=False),
            column,
            sa.Column("image_id", sa.Uuid(), nullable=False),
            *(
                sa.ForeignKeyConstraint(
                    [f"{parent}_id"],
                    [f"{parent}.id"],
                    name=op.f(f"fk_{table}_{parent}_id_{parent}"),
                    ondelete="CASCADE",
                )
                for parent in ("frame", "image")
            ),
            sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_image_id"), table, ["image_id"])
    op.create_index(
        op.f("ix_frame_class_class_id_image_id"), "frame_class", ["class_id", "image_id"]
    )
    _fill()


def _fill() -> None:
    """Fill from the masks that represent frames in lists, if people drew them."""
    connection = op.get_bind()
    ids = ("id", "image_id", "approved_mask_id", "latest_mask_id")
    frame = sa.table("frame", *(sa.column(one, sa.Uuid()) for one in ids))
    mask = sa.table(
        "mask",
        sa.column("id", sa.Uuid()),
        sa.column("source", sa.String()),
        sa.column("labels", sa.JSON()),
        sa.column("result", sa.JSON()),
    )
    own = ("frame_id", "class_id", "image_id")
    classes = sa.table("frame_class", *(sa.column(one, sa.Uuid()) for one in own))
    notes = sa.table(
        "frame_note",
        sa.column("frame_id", sa.Uuid()),
        sa.column("image_id", sa.Uuid()),
        sa.column("note", sa.Text()),
    )
    standing = sa.func.coalesce(frame.c.approved_mask_id, frame.c.latest_mask_id)
    query = (
        sa.select(frame.c.id, frame.c.image_id, mask.c.labels, mask.c.result)
        .join(mask, mask.c.id == standing)
        .where(mask.c.source != "model")
        .order_by(frame.c.id)
    )
    last = None
    while True:
        page = query if last is None else query.where(frame.c.id > last)
        rows = connection.execute(page.limit(BATCH)).all()
        if not rows:
            return
        last = rows[-1].id
        found = [
            {"frame_id": row.id, "class_id": UUID(one), "image_id": row.image_id}
            for row in rows
            for one in {
                lesion.get("class_id") or LESION_CLASS
                for lesion in (row.result or {}).get("lesions", [])
            }
        ]
        said = [
            {"frame_id": row.id, "image_id": row.image_id, "note": _plain(row.labels["note"])}
            for row in rows
            if (row.labels or {}).get("note")
        ]
        if found:
            connection.execute(classes.insert(), found)
        if said:
            connection.execute(notes.insert(), said)


def _plain(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).casefold()


def downgrade() -> None:
    """Undo."""
    for table in ("frame_note", "frame_class", "preference"):
        op.drop_table(table)
