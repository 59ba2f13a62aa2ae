"""The number of an image's outlines that its model calls more likely not a lesion"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

AT_ONCE = 500
AS_LIKELY_AS_NOT = 0.5

_FRAME = sa.table(
    "frame",
    sa.column("id", sa.Uuid()),
    sa.column("image_id", sa.Uuid()),
    sa.column("latest_mask_id", sa.Uuid()),
    sa.column("lesion_count", sa.Integer()),
    sa.column("possible_count", sa.Integer()),
)
_IMAGE = sa.table("image", sa.column("id", sa.Uuid()), sa.column("possible_count", sa.Integer()))
_MASK = sa.table(
    "mask",
    sa.column("id", sa.Uuid()),
    sa.column("source", sa.String()),
    sa.column("result", sa.JSON()),
)


def upgrade() -> None:
    """Apply. Counted from the newest masks of models."""
    for name in ("image", "frame"):
        op.add_column(
            name, sa.Column("possible_count", sa.Integer(), server_default="0", nullable=False)
        )
    connection = op.get_bind()
    query = (
        sa.select(_FRAME.c.id, _MASK.c.result)
        .join(_MASK, _MASK.c.id == _FRAME.c.latest_mask_id)
        .where(_MASK.c.source == "model", _FRAME.c.lesion_count > 0)
        .order_by(_FRAME.c.id)
        .limit(AT_ONCE)
    )
    rows = connection.execute(query).all()
    while rows:
        counts = [(one.id, _possible(one.result)) for one in rows]
        for frame, count in counts:
            if count:
                change = sa.update(_FRAME).where(_FRAME.c.id == frame)
                connection.execute(change.values(possible_count=count))
        rows = connection.execute(query.where(_FRAME.c.id > rows[-1].id)).all()
    # In a cine, a lesion stays possible unless some frame is more certain of it.
    most = sa.func.max(_FRAME.c.lesion_count)
    sure = sa.func.max(_FRAME.c.lesion_count - _FRAME.c.possible_count)
    of_image = sa.select(most - sure).where(_FRAME.c.image_id == _IMAGE.c.id).scalar_subquery()
    doubted = sa.select(_FRAME.c.image_id).where(_FRAME.c.possible_count > 0)
    change = sa.update(_IMAGE).where(_IMAGE.c.id.in_(doubted))
    connection.execute(change.values(possible_count=of_image))


def _possible(result: dict[str, object] | None) -> int:
    lesions = (result or {}).get("lesions")
    found = [one.get("probability") for one in lesions] if isinstance(lesions, list) else []
    return sum(one is not None and round(one, 2) < AS_LIKELY_AS_NOT for one in found)


def downgrade() -> None:
    """Undo."""
    for name in ("frame", "image"):
        op.drop_column(name, "possible_count")
