"""Text areas of pictures, permanent redactions, exports that may no longer be fetched

Existing pictures keep nulls: they have not been searched for text.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("image", sa.Column("picture_id", sa.Uuid(), nullable=True))
    op.add_column("frame", sa.Column("blanked", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("export", sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "suspected_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column(
            "judgement",
            sa.Enum("kept", "blacked-out", name="judgement", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("judged_by_id", sa.Uuid(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_suspected_text_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["judged_by_id"], ["user.id"], name=op.f("fk_suspected_text_judged_by_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspected_text")),
    )
    op.create_index(op.f("ix_suspected_text_image_id"), "suspected_text", ["image_id"])
    op.create_index(
        op.f("ix_suspected_text_judgement_image_id"), "suspected_text", ["judgement", "image_id"]
    )
    op.create_table(
        "redaction",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("areas", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["user.id"], name=op.f("fk_redaction_author_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_redaction_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redaction")),
    )
    op.create_index(op.f("ix_redaction_image_id"), "redaction", ["image_id"])
    op.create_table(
        "pixel_alias",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("pixel_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"],
            ["image.id"],
            name=op.f("fk_pixel_alias_image_id_image"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["user.id"], name=op.f("fk_pixel_alias_owner_id_user")
        ),
        sa.PrimaryKeyConstraint("owner_id", "pixel_sha256", name=op.f("pk_pixel_alias")),
    )
    op.create_index(op.f("ix_pixel_alias_image_id"), "pixel_alias", ["image_id"])


def downgrade() -> None:
    """Undo. The older version cannot find redacted pictures; it must not be used on them."""
    op.drop_table("pixel_alias")
    op.drop_table("redaction")
    op.drop_table("suspected_text")
    op.drop_column("export", "expired_at")
    op.drop_column("frame", "blanked")
    op.drop_column("image", "picture_id")
