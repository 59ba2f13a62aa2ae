"""Jobs have only general columns: those of one kind move into its parameters and its result

An upload is ingested (bytes to frames) and then predicted (frames to masks). One that must not be
stored keeps the kind that does both. A waiting upload has still to be ingested.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEGMENT_QUEUE, BACKGROUND_QUEUE = "sonoloop.segment", "sonoloop.background"
LONG = ("export", "import", "text-search")
BATCH = 500

JSON = sa.JSON(none_as_null=True)
JOB = sa.table(
    "job",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("queue", sa.String()),
    sa.column("state", sa.String()),
    sa.column("parameters", JSON),
    sa.column("result", JSON),
    sa.column("image_id", sa.Uuid()),
    sa.column("mask_id", sa.Uuid()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("model_name", sa.String()),
    sa.column("store", sa.Boolean()),
    sa.column("has_source", sa.Boolean()),
    sa.column("source_bytes", sa.BigInteger()),
    sa.column("input_bytes", sa.BigInteger()),
    sa.column("duplicate", sa.Boolean()),
)
MASK = sa.table("mask", sa.column("id", sa.Uuid()), sa.column("frame_id", sa.Uuid()))


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("job") as table:
        table.add_column(
            sa.Column("queue", sa.String(length=40), nullable=False, server_default=SEGMENT_QUEUE)
        )
        table.add_column(
            sa.Column("input_bytes", sa.BigInteger(), nullable=False, server_default="0")
        )
    connection = op.get_bind()
    connection.execute(sa.update(JOB).where(JOB.c.kind.in_(LONG)).values(queue=BACKGROUND_QUEUE))
    connection.execute(
        # A file of unknown size counts as one byte: only its existence matters.
        sa.update(JOB)
        .where(JOB.c.has_source)
        .values(input_bytes=sa.case((JOB.c.source_bytes > 0, JOB.c.source_bytes), else_=1))
    )
    for job in _jobs(JOB.c.kind.in_(("segment", "measure", "consensus"))):
        connection.execute(sa.update(JOB).where(JOB.c.id == job.id).values(**_up(job)))
    with op.batch_alter_table("job") as table:
        table.drop_index(op.f("ix_job_store_finished_at"))
        table.create_index(op.f("ix_job_kind_finished_at"), ["kind", "finished_at"])
        table.drop_constraint(op.f("fk_job_mask_id_mask"), type_="foreignkey")
        table.drop_constraint(op.f("fk_job_subject_id_subject"), type_="foreignkey")
        for name in ("store", "has_source", "source_bytes", "model_name", "subject_id", "mask_id"):
            table.drop_column(name)
        table.drop_column("duplicate")
        table.alter_column("queue", server_default=None, existing_type=sa.String(length=40))
        table.alter_column("input_bytes", server_default=None, existing_type=sa.BigInteger())


def downgrade() -> None:
    """Undo."""
    with op.batch_alter_table("job") as table:
        for name, default in (("store", sa.true()), ("has_source", sa.false())):
            column = sa.Column(name, sa.Boolean(), nullable=False, server_default=default)
            table.add_column(column)
        table.add_column(
            sa.Column("duplicate", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        table.add_column(
            sa.Column("source_bytes", sa.BigInteger(), nullable=False, server_default="0")
        )
        table.add_column(sa.Column("model_name", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("subject_id", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("mask_id", sa.Uuid(), nullable=True))
        table.create_foreign_key(
            op.f("fk_job_mask_id_mask"), "mask", ["mask_id"], ["id"], ondelete="SET NULL"
        )
        table.create_foreign_key(
            op.f("fk_job_subject_id_subject"), "subject", ["subject_id"], ["id"]
        )
        table.drop_index(op.f("ix_job_kind_finished_at"))
        table.create_index(op.f("ix_job_store_finished_at"), ["store", "finished_at"])
    connection = op.get_bind()
    connection.execute(
        sa.update(JOB)
        .where(JOB.c.input_bytes > 0)
        .values(has_source=sa.true(), source_bytes=JOB.c.input_bytes)
    )
    masks = {one.hex for one in connection.scalars(sa.select(MASK.c.id))}
    for job in _jobs(JOB.c.kind.in_(("segment", "ingest", "predict", "measure", "consensus"))):
        values = _down(job, masks)
        connection.execute(sa.update(JOB).where(JOB.c.id == job.id).values(**values))
    with op.batch_alter_table("job") as table:
        table.drop_column("queue")
        table.drop_column("input_bytes")
        for name in ("store", "has_source", "duplicate"):
            table.alter_column(name, server_default=None, existing_type=sa.Boolean())
        table.alter_column("source_bytes", server_default=None, existing_type=sa.BigInteger())


def _jobs(condition: sa.ColumnElement[bool]) -> Any:
    """Jobs that meet a condition, in batches, each with the frame of its mask."""
    connection, after = op.get_bind(), UUID(int=0)
    while True:
        query = (
            sa.select(JOB, MASK.c.frame_id)
            .select_from(JOB.outerjoin(MASK, MASK.c.id == JOB.c.mask_id))
            .where(condition, JOB.c.id > after)
            .order_by(JOB.c.id)
            .limit(BATCH)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        yield from rows
        after = rows[-1].id


def _up(job: Any) -> dict[str, Any]:
    if job.kind == "measure":
        parameters = {"mask_id": str(job.mask_id)} if job.mask_id else {"mask_id": str(UUID(int=0))}
        return {"parameters": parameters}
    if job.kind == "consensus":
        return {"result": {"mask_id": str(job.mask_id)}} if job.mask_id else {}
    overlay = bool((job.parameters or {}).get("overlay"))
    asked: dict[str, Any] = {"model": job.model_name, "overlay": overlay}
    if not job.store:
        return {"parameters": asked}
    if job.has_source:
        subject = str(job.subject_id) if job.subject_id else None
        return {"kind": "ingest", "parameters": {**asked, "subject_id": subject}}
    result = job.result
    if result is not None:
        where = {"frame_id": str(job.frame_id), "mask_id": str(job.mask_id)}
        result = {**result, **where, "duplicate": bool(job.duplicate)} if job.mask_id else None
    parameters = {**asked, "duplicate": bool(job.duplicate)}
    return {"kind": "predict", "parameters": parameters, "result": result}


def _down(job: Any, masks: set[str]) -> dict[str, Any]:
    parameters, result = job.parameters or {}, dict(job.result or {})

    def there(name: str | None) -> UUID | None:
        return UUID(name) if name and UUID(name).hex in masks else None

    if job.kind == "measure":
        return {"mask_id": there(parameters.get("mask_id")), "parameters": None}
    if job.kind == "consensus":
        return {"mask_id": there(result.get("mask_id")), "result": None}
    mask_id = there(result.pop("mask_id", None))
    result.pop("frame_id", None)
    subject = parameters.get("subject_id")
    return {
        "kind": "segment",
        "store": job.kind != "segment",
        "model_name": parameters.get("model"),
        "subject_id": UUID(subject) if subject else None,
        "mask_id": mask_id,
        "duplicate": bool(result.pop("duplicate", False)),
        "result": result or None,
        "parameters": {"overlay": True} if parameters.get("overlay") else None,
    }
