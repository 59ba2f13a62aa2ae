"""Exports with the masks they hold and their parts, imports, lesion sizes of the pool"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "pool_measure",
        sa.Column("mask_id", sa.Uuid(), nullable=False),
        sa.Column("frame_px", sa.BigInteger(), nullable=False),
        sa.Column("lesion_px", sa.BigInteger(), nullable=False),
        sa.Column("areas_px", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("long_axes_mm", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["mask_id"], ["mask.id"], name=op.f("fk_pool_measure_mask_id_mask"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mask_id", name=op.f("pk_pool_measure")),
    )
    op.create_table(
        "export",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "png",
                "coco",
                "labelme",
                "yolo-seg",
                "voc",
                "tfrecord",
                "nnunet",
                name="exportformat",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("filters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("lesion_names", sa.Boolean(), nullable=False),
        sa.Column("licence", sa.String(length=500), nullable=False),
        sa.Column("counts", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_export_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_export_job_id_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint("job_id", name=op.f("uq_export_job_id")),
    )
    op.create_table(
        "export_item",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("mask_id", sa.Uuid(), nullable=False),
        sa.Column(
            "split",
            sa.Enum("train", "validation", "test", name="split", native_enum=False, length=20),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["export.id"],
            name=op.f("fk_export_item_export_id_export"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_item")),
    )
    op.create_table(
        "export_part",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("items_done", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["export_id"],
            ["export.id"],
            name=op.f("fk_export_part_export_id_export"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("export_id", "number", name=op.f("pk_export_part")),
    )
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "phase",
            sa.Enum("check", "apply", name="importphase", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column(
            "stored_as",
            sa.Enum("submitted", "approved", name="importas", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("checked", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("applied", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("has_archive", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["user.id"], name=op.f("fk_import_created_by_id_user")
        ),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_import_job_id_job")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("import")
    op.drop_table("export_part")
    op.drop_table("export_item")
    op.drop_table("export")
    op.drop_table("pool_measure")
