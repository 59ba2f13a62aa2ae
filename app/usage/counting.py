"""Counting the bytes of images that are not counted yet."""

from sqlalchemy import select, update

from app.core.state import State
from app.images.tables import Image

BATCH = 200


def count_images(state: State) -> int:
    """Count the bytes of some images; return the number of images.

    So code that stores an image need not know how large its files are, and images stored by
    versions that did not count are counted as well. Images are updated in the order of their ids,
    in which all code locks several of them: otherwise there could be a deadlock.
    """
    with state.database.read() as session:
        ids = session.scalars(
            select(Image.id).where(Image.stored_bytes.is_(None)).order_by(Image.id).limit(BATCH)
        ).all()
    sizes = {one: sum(blob.size for blob in state.blobs.list(f"images/{one}/")) for one in ids}
    if sizes:
        with state.database.write() as session:
            for image_id, size in sizes.items():
                session.execute(update(Image).where(Image.id == image_id).values(stored_bytes=size))
    return len(ids)
