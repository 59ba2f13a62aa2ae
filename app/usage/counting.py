"""Counting the bytes of images that nobody has counted yet."""

from sqlalchemy import select, update

from app.core.state import State
from app.images.tables import Image

BATCH = 200


def count_images(state: State) -> int:
    """Count the bytes of some images; how many images.

    Whoever stores an image need not say how large its files are, and those that were stored by a
    version that did not count are counted as well. Images are written in the order of their
    ids, in which everyone locks several of them: otherwise two could wait for each other.
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
