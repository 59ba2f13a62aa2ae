"""Study, series, image, frame; regions as rows; drawings and decisions belong to a frame

Every stored image is a still: its single frame takes over the picture, the newest and the approved
mask and their figures from the image. Its effective area and spacing become a region. Images whose
file named a study are put into one series per study, as their series were not recorded.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT_ONCE = 1000


def _enum(*words: str, name: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, length=20)


def _tables() -> None:
    op.create_table(
        "study",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_study_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_study")),
        sa.UniqueConstraint("project_id", "pseudonym", name=op.f("uq_study_project_id_pseudonym")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("study_id", sa.Uuid(), nullable=False),
        sa.Column("pseudonym", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["study_id"], ["study.id"], name=op.f("fk_series_study_id_study")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("study_id", "pseudonym", name=op.f("uq_series_study_id_pseudonym")),
    )
    op.create_table(
        "region",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_frame", sa.Integer(), nullable=False),
        sa.Column("last_frame", sa.Integer(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum(
                *("2-d", "colour", "m-mode", "spectral", "trace", "other"),
                name="regionkind",
            ),
            nullable=False,
        ),
        sa.Column("row_mm", sa.Float(), nullable=True),
        sa.Column("column_mm", sa.Float(), nullable=True),
        sa.Column(
            "spacing_source", _enum("file", "table", "manual", name="spacingsource"), nullable=True
        ),
        sa.Column("units", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_region_image_id_image"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "number", name=op.f("pk_region")),
    )


def _columns() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Without recreating the table: it is the second largest.
        op.execute(
            "ALTER TABLE image ADD COLUMN series_id CHAR(32) "
            "CONSTRAINT fk_image_series_id_series REFERENCES series (id)"
        )
    else:
        op.add_column("image", sa.Column("series_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(
            op.f("fk_image_series_id_series"), "image", "series", ["series_id"], ["id"]
        )
    op.create_index(op.f("ix_image_series_id"), "image", ["series_id"])
    source = _enum("upload", "script", "import", "pacs", name="imagesource")
    for column in (
        sa.Column("source", source, nullable=True),
        sa.Column("frame_count", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("frames_per_second", sa.Float(), nullable=True),
        sa.Column("acquisition", sa.JSON(none_as_null=True), nullable=False, server_default="{}"),
    ):
        op.add_column("image", column)
    for column in (
        sa.Column("time_ms", sa.Float(), nullable=True),
        sa.Column("picture_id", sa.Uuid(), nullable=True),
        sa.Column("latest_mask_id", sa.Uuid(), nullable=True),
        sa.Column("approved_mask_id", sa.Uuid(), nullable=True),
        sa.Column("lesion_count", sa.Integer(), nullable=True),
        sa.Column("uncertainty_score", sa.Float(), nullable=True),
        sa.Column("long_axis_mm", sa.Float(), nullable=True),
    ):
        op.add_column("frame", column)
    for table in ("suspected_text", "redaction"):
        for name in ("first_frame", "last_frame"):
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("export_item", sa.Column("frame_id", sa.Uuid(), nullable=True))


def _fill() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    _fill_series()
    op.execute(
        "UPDATE image SET acquisition = (SELECT f.attributes FROM frame f "
        'WHERE f.image_id = image.id AND f."index" = 0) '
        'WHERE EXISTS (SELECT 1 FROM frame f WHERE f.image_id = image.id AND f."index" = 0)'
    )
    moved = ("picture_id", "latest_mask_id", "approved_mask_id")
    moved += ("lesion_count", "uncertainty_score", "long_axis_mm")
    op.execute(
        f"UPDATE frame SET ({', '.join(moved)}) = "  # noqa: S608
        f"(SELECT {', '.join(moved)} FROM image WHERE image.id = frame.image_id)"
    )

    def side(name: str, whole: str) -> str:
        stored = (
            f"json_extract(region, '$.{name}')" if sqlite else f"(region ->> '{name}')::integer"
        )
        return f"coalesce({stored}, {whole})"

    box = ", ".join([side("top", "0"), side("left", "0")])
    box += ", " + ", ".join([side("height", "height"), side("width", "width")])
    op.execute(
        'INSERT INTO region (image_id, number, first_frame, last_frame, top, "left", height, '  # noqa: S608
        "width, kind, row_mm, column_mm, spacing_source) "
        f"SELECT image_id, 0, 0, 0, {box}, '2-d', row_mm, column_mm, CASE WHEN row_mm IS NULL OR "
        "column_mm IS NULL THEN NULL WHEN (SELECT format FROM image WHERE image.id = image_id) = "
        "'dicom' THEN 'file' ELSE 'table' END "
        "FROM frame WHERE region IS NOT NULL OR row_mm IS NOT NULL"
    )
    op.execute(
        "UPDATE export_item SET frame_id = "
        "(SELECT frame_id FROM mask WHERE mask.id = export_item.mask_id)"
    )


def _fill_series() -> None:
    """Create a study for each pseudonym in images, with one series containing the images."""
    time = sa.DateTime(timezone=True)
    study = sa.table(
        "study",
        sa.column("id", sa.Uuid()),
        sa.column("project_id", sa.Uuid()),
        sa.column("pseudonym"),
        sa.column("created_at", time),
    )
    series = sa.table(
        "series",
        sa.column("id", sa.Uuid()),
        sa.column("study_id", sa.Uuid()),
        sa.column("pseudonym"),
        sa.column("created_at", time),
    )
    at = datetime.now(UTC)
    for found in _studies():
        studies = [
            {"id": uuid4(), "project_id": row.project_id, "pseudonym": row.name, "created_at": at}
            for row in found
        ]
        op.bulk_insert(study, studies)
        keys = ("pseudonym", "created_at")
        op.bulk_insert(
            series,
            [
                {"id": uuid4(), "study_id": one["id"], **{k: one[k] for k in keys}}
                for one in studies
            ],
        )
    op.execute(
        "UPDATE image SET series_id = (SELECT series.id FROM series "
        "JOIN study ON study.id = series.study_id WHERE study.pseudonym = image.study_pseudonym "
        "AND study.project_id = image.project_id) WHERE study_pseudonym IS NOT NULL"
    )


def _studies() -> Iterator[Sequence[sa.Row[Any]]]:
    """Project and pseudonym of every study, in batches."""
    image = sa.table("image", sa.column("study_pseudonym"), sa.column("project_id", sa.Uuid()))
    name, project = image.c.study_pseudonym, image.c.project_id
    query = sa.select(project, name.label("name")).where(name.is_not(None)).distinct()
    last = None
    while True:
        page = query.order_by(name, project).limit(AT_ONCE)
        if last is not None:
            page = page.where(
                sa.tuple_(name, project)
                > sa.tuple_(sa.literal(last.name), sa.literal(last.project_id, sa.Uuid()))
            )
        found = op.get_bind().execute(page).all()
        if not found:
            return
        yield found
        last = found[-1]


def _drop_moved() -> None:
    for name in ("study_pseudonym", "picture_id", "latest_mask_id", "approved_mask_id"):
        op.drop_column("image", name)
    for name in ("row_mm", "column_mm", "region", "attributes"):
        op.drop_column("frame", name)


def _agreement(key: str, *more: sa.Column[object]) -> None:
    """Recreate the table with that key, keeping its rows."""
    others = [
        sa.Column("first_mask_id", sa.Uuid(), nullable=False),
        sa.Column("second_mask_id", sa.Uuid(), nullable=False),
        sa.Column("dice", sa.Float(), nullable=False),
        sa.Column("iou", sa.Float(), nullable=False),
        sa.Column("hd95_px", sa.Float(), nullable=True),
        sa.Column("first_present", sa.Boolean(), nullable=False),
        sa.Column("second_present", sa.Boolean(), nullable=False),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_class", sa.JSON(none_as_null=True), nullable=True),
    ]
    names = ", ".join(["image_id", *(column.name for column in others)])
    op.execute(f"CREATE TABLE agreement_kept AS SELECT {names} FROM agreement")  # noqa: S608
    op.drop_table("agreement")
    op.create_table(
        "agreement",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        *more,
        *others,
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_agreement_image_id_image"), ondelete="CASCADE"
        ),
        *(
            sa.ForeignKeyConstraint(
                ["frame_id"],
                ["frame.id"],
                name=op.f("fk_agreement_frame_id_frame"),
                ondelete="CASCADE",
            )
            for column in more
        ),
        sa.PrimaryKeyConstraint(key, name=op.f("pk_agreement")),
    )
    if more:
        op.create_index(op.f("ix_agreement_image_id"), "agreement", ["image_id"])
    frame = ', (SELECT id FROM frame WHERE frame.image_id = k.image_id AND "index" = 0)'
    op.execute(
        f"INSERT INTO agreement ({names}{', frame_id' if more else ''}) "  # noqa: S608
        f"SELECT {names}{frame if more else ''} FROM agreement_kept k"
    )
    op.drop_table("agreement_kept")


def _presence(*more: sa.Column[object]) -> None:
    """Recreate the table; its rows live for seconds."""
    op.drop_table("presence")
    op.create_table(
        "presence",
        sa.Column("image_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        *more,
        sa.Column("editing", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_presence_image_id_image"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_presence_user_id_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", "user_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"], unique=False)


def upgrade() -> None:
    """Apply."""
    _tables()
    _columns()
    _fill()
    _drop_moved()
    _agreement("frame_id", sa.Column("frame_id", sa.Uuid(), nullable=False))
    _presence(sa.Column("frame_index", sa.Integer(), nullable=False))


def downgrade() -> None:
    """Undo. The older version cannot read images of several frames; delete them first."""
    _presence()
    _agreement("image_id")
    for name in ("picture_id", "latest_mask_id", "approved_mask_id"):
        op.add_column("image", sa.Column(name, sa.Uuid(), nullable=True))
    op.add_column("image", sa.Column("study_pseudonym", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE image SET (picture_id, latest_mask_id, approved_mask_id) = (SELECT picture_id, "
        'latest_mask_id, approved_mask_id FROM frame WHERE image_id = image.id AND "index" = 0)'
    )
    op.execute(
        "UPDATE image SET study_pseudonym = (SELECT study.pseudonym FROM series "
        "JOIN study ON study.id = series.study_id WHERE series.id = image.series_id)"
    )
    json = sa.JSON(none_as_null=True)
    op.add_column("frame", sa.Column("row_mm", sa.Float(), nullable=True))
    op.add_column("frame", sa.Column("column_mm", sa.Float(), nullable=True))
    op.add_column("frame", sa.Column("region", json, nullable=True))
    op.add_column("frame", sa.Column("attributes", json, nullable=False, server_default="{}"))
    op.execute(
        "UPDATE frame SET attributes = "
        "(SELECT acquisition FROM image WHERE image.id = frame.image_id)"
    )
    build = "json_object" if op.get_bind().dialect.name == "sqlite" else "json_build_object"
    box = ", ".join(f"'{side}', \"{side}\"" for side in ("top", "left", "height", "width"))
    op.execute(
        f"UPDATE frame SET (row_mm, column_mm, region) = (SELECT row_mm, column_mm, "  # noqa: S608
        f"{build}({box}) FROM region WHERE region.image_id = frame.image_id AND number = 0)"
    )
    op.drop_column("export_item", "frame_id")
    for table in ("suspected_text", "redaction"):
        op.drop_column(table, "last_frame")
        op.drop_column(table, "first_frame")
    for name in ("long_axis_mm", "uncertainty_score", "lesion_count", "approved_mask_id"):
        op.drop_column("frame", name)
    for name in ("latest_mask_id", "picture_id", "time_ms"):
        op.drop_column("frame", name)
    op.drop_index(op.f("ix_image_series_id"), "image")
    for name in ("series_id", "acquisition", "frames_per_second", "frame_count", "source"):
        op.drop_column("image", name)
    op.drop_table("region")
    op.drop_table("series")
    op.drop_table("study")
