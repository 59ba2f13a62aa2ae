"""Label sets with classes and attributes; every project starts with the single class "lesion"

Existing drawings name no class and so belong to that one.
"""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SET_ID = UUID("00000000-0000-7000-8000-000000000001")
CLASS_ID = UUID("00000000-0000-7000-8000-000000000002")


def _kind(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=20)


def upgrade() -> None:
    """Apply."""
    time = sa.DateTime(timezone=True)
    label_set = op.create_table(
        "label_set",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", time, nullable=False),
        sa.Column("archived_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_label_set_created_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_set")),
    )
    label_class = op.create_table(
        "label_class",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label_set_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("code_scheme", sa.String(length=16), nullable=True),
        sa.Column("code_value", sa.String(length=64), nullable=True),
        sa.Column("code_meaning", sa.String(length=120), nullable=True),
        sa.Column("kind", _kind("classkind", "instance", "region"), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("overlaps", sa.Boolean(), nullable=False),
        sa.Column("used_at", time, nullable=True),
        sa.Column("archived_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["label_set_id"],
            ["label_set.id"],
            name=op.f("fk_label_class_label_set_id_label_set"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["label_class.id"],
            name=op.f("fk_label_class_parent_id_label_class"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_label_class")),
    )
    op.create_index(op.f("ix_label_class_label_set_id"), "label_class", ["label_set_id"])
    op.create_table(
        "attribute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label_set_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("subject", _kind("attributesubject", "lesion", "image"), nullable=False),
        sa.Column("kind", _kind("attributekind", "choice", "number", "text"), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("class_ids", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("choices", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=True),
        sa.Column("minimum", sa.Float(), nullable=True),
        sa.Column("maximum", sa.Float(), nullable=True),
        sa.Column("used_at", time, nullable=True),
        sa.Column("archived_at", time, nullable=True),
        sa.ForeignKeyConstraint(
            ["label_set_id"],
            ["label_set.id"],
            name=op.f("fk_attribute_label_set_id_label_set"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attribute")),
    )
    op.create_index(op.f("ix_attribute_label_set_id"), "attribute", ["label_set_id"])
    now = datetime.now(UTC)
    op.bulk_insert(
        label_set,
        [{"id": SET_ID, "name": "Lesion", "version": 1, "created_at": now}],
    )
    op.bulk_insert(
        label_class,
        [
            {
                "id": CLASS_ID,
                "label_set_id": SET_ID,
                "position": 0,
                "name": "lesion",
                "colour": "#ffd54a",
                "code_scheme": "SCT",
                "code_value": "52988006",
                "code_meaning": "Lesion",
                "kind": "instance",
                "overlaps": False,
                "used_at": now,
            }
        ],
    )
    value = SET_ID.hex if op.get_bind().dialect.name == "sqlite" else str(SET_ID)
    with op.batch_alter_table("project") as table:
        table.add_column(sa.Column("label_set_id", sa.Uuid(), nullable=False, server_default=value))
        table.create_foreign_key(
            op.f("fk_project_label_set_id_label_set"), "label_set", ["label_set_id"], ["id"]
        )
    with op.batch_alter_table("project") as table:
        table.alter_column("label_set_id", server_default=None, existing_type=sa.Uuid())


def downgrade() -> None:
    """Undo. Drawings keep class ids, which the older version does not read."""
    with op.batch_alter_table("project") as table:
        table.drop_constraint(op.f("fk_project_label_set_id_label_set"), type_="foreignkey")
        table.drop_column("label_set_id")
    op.drop_table("attribute")
    op.drop_table("label_class")
    op.drop_table("label_set")
