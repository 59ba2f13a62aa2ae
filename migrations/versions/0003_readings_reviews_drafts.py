"""Readings, reviews, drafts, and the statements in a person's revision"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "agreement",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("first_mask_id", sa.Uuid(), nullable=False),
        sa.Column("second_mask_id", sa.Uuid(), nullable=False),
        sa.Column("dice", sa.Float(), nullable=False),
        sa.Column("iou", sa.Float(), nullable=False),
        sa.Column("hd95_px", sa.Float(), nullable=True),
        sa.Column("first_present", sa.Boolean(), nullable=False),
        sa.Column("second_present", sa.Boolean(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_agreement_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_agreement")),
    )
    op.create_table(
        "presence",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("editing", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_presence_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_presence_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "user_id", name=op.f("pk_presence")),
    )
    with op.batch_alter_table("presence") as batch_op:
        batch_op.create_index(batch_op.f("ix_presence_seen_at"), ["seen_at"], unique=False)

    op.create_table(
        "reading",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("assigned_by_id", sa.Uuid(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "submitted",
                "returned",
                "approved",
                "superseded",
                name="readingstate",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_mask_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["assigned_by_id"], ["user.id"], name=op.f("fk_reading_assigned_by_id_user")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_reading_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["reader_id"], ["user.id"], name=op.f("fk_reading_reader_id_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
        sa.UniqueConstraint("image_id", "reader_id", name=op.f("uq_reading_image_id_reader_id")),
    )
    with op.batch_alter_table("reading") as batch_op:
        batch_op.create_index(
            batch_op.f("ix_reading_reader_id_state_image_id"),
            ["reader_id", "state", "image_id"],
            unique=False,
        )

    op.create_table(
        "draft",
        sa.Column("frame_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("labels", sa.JSON(none_as_null=True), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "lesions", "no-lesion", "cannot-judge", name="answer", native_enum=False, length=20
            ),
            nullable=True,
        ),
        sa.Column("answer_reason", sa.String(length=500), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["frame_id"], ["frame.id"], name=op.f("fk_draft_frame_id_frame"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_draft_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["mask.id"], name=op.f("fk_draft_parent_id_mask"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_draft_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("frame_id", "user_id", name=op.f("pk_draft")),
    )
    with op.batch_alter_table("draft") as batch_op:
        batch_op.create_index(batch_op.f("ix_draft_image_id"), ["image_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("mask_id", sa.Uuid(), nullable=False),
        sa.Column("reviewer_id", sa.Uuid(), nullable=False),
        sa.Column(
            "verdict",
            sa.Enum("approved", "returned", name="verdict", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("comment", sa.String(length=2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_review_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["mask_id"], ["mask.id"], name=op.f("fk_review_mask_id_mask"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reviewer_id"], ["user.id"], name=op.f("fk_review_reviewer_id_user")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    with op.batch_alter_table("review") as batch_op:
        batch_op.create_index(batch_op.f("ix_review_image_id"), ["image_id"], unique=False)

    with op.batch_alter_table("image") as batch_op:
        batch_op.add_column(
            sa.Column("state_changed_at", sa.DateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("disagreement", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("double_reading", sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column("approved_mask_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(
            sa.Column(
                "split",
                sa.Enum("train", "validation", "test", name="split", native_enum=False, length=20),
                nullable=True,
            )
        )
        batch_op.create_index(
            batch_op.f("ix_image_approved_at_id"), ["approved_at", "id"], unique=False
        )

    op.execute("UPDATE image SET state_changed_at = created_at, double_reading = false")
    with op.batch_alter_table("image") as batch_op:
        batch_op.alter_column(
            "state_changed_at", existing_type=sa.DateTime(timezone=True), nullable=False
        )
        batch_op.alter_column("double_reading", existing_type=sa.Boolean(), nullable=False)

    with op.batch_alter_table("job") as batch_op:
        batch_op.add_column(sa.Column("parameters", sa.JSON(none_as_null=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_job_owner_id_id"))
        batch_op.create_index(
            batch_op.f("ix_job_owner_id_kind_id"), ["owner_id", "kind", "id"], unique=False
        )

    with op.batch_alter_table("mask") as batch_op:
        batch_op.add_column(sa.Column("reading_id", sa.Uuid(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "answer",
                sa.Enum(
                    "lesions",
                    "no-lesion",
                    "cannot-judge",
                    name="answer",
                    native_enum=False,
                    length=20,
                ),
                nullable=True,
            )
        )
        batch_op.add_column(sa.Column("answer_reason", sa.String(length=500), nullable=True))
        batch_op.add_column(sa.Column("labels", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("seconds", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("prediction_id", sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column("dice", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("untouched", sa.Boolean(), nullable=True))
        batch_op.alter_column("result", existing_type=sa.JSON(none_as_null=True), nullable=True)
        batch_op.alter_column("settings_digest", existing_type=sa.VARCHAR(length=64), nullable=True)
        batch_op.create_index(batch_op.f("ix_mask_reading_id"), ["reading_id"], unique=False)


def downgrade() -> None:
    """Undo. Drawings are lost with the tables that record who drew them."""
    op.execute("DELETE FROM job WHERE kind <> 'segment'")
    op.execute("DELETE FROM mask WHERE source <> 'model' OR result IS NULL")
    op.execute("UPDATE image SET state = 'predicted' WHERE state <> 'unlabelled'")
    with op.batch_alter_table("mask") as batch_op:
        batch_op.drop_index(batch_op.f("ix_mask_reading_id"))
        batch_op.alter_column(
            "settings_digest", existing_type=sa.VARCHAR(length=64), nullable=False
        )
        batch_op.alter_column("result", existing_type=sa.JSON(none_as_null=True), nullable=False)
        batch_op.drop_column("untouched")
        batch_op.drop_column("dice")
        batch_op.drop_column("prediction_id")
        batch_op.drop_column("seconds")
        batch_op.drop_column("labels")
        batch_op.drop_column("answer_reason")
        batch_op.drop_column("answer")
        batch_op.drop_column("reading_id")

    with op.batch_alter_table("job") as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_owner_id_kind_id"))
        batch_op.create_index(batch_op.f("ix_job_owner_id_id"), ["owner_id", "id"], unique=False)
        batch_op.drop_column("parameters")

    with op.batch_alter_table("image") as batch_op:
        batch_op.drop_index(batch_op.f("ix_image_approved_at_id"))
        batch_op.drop_column("split")
        batch_op.drop_column("approved_at")
        batch_op.drop_column("approved_mask_id")
        batch_op.drop_column("double_reading")
        batch_op.drop_column("disagreement")
        batch_op.drop_column("state_changed_at")

    with op.batch_alter_table("review") as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_image_id"))

    op.drop_table("review")
    with op.batch_alter_table("draft") as batch_op:
        batch_op.drop_index(batch_op.f("ix_draft_image_id"))

    op.drop_table("draft")
    with op.batch_alter_table("reading") as batch_op:
        batch_op.drop_index(batch_op.f("ix_reading_reader_id_state_image_id"))

    op.drop_table("reading")
    with op.batch_alter_table("presence") as batch_op:
        batch_op.drop_index(batch_op.f("ix_presence_seen_at"))

    op.drop_table("presence")
    op.drop_table("agreement")
