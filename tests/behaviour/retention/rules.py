"""Old images, rules whose notice period is over, and a run of them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from app.core.broker import BACKGROUND_QUEUE
from app.core.ids import now
from app.core.state import State
from app.images.tables import Image
from app.masks.tables import Mask
from app.projects.tables import DEFAULT_PROJECT, RetentionRule
from app.retention import service
from tests.behaviour.reviews.acting import Hand
from tests.running_site import Site
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

HERE = f"/projects/{DEFAULT_PROJECT}"


def aged(site: Site, image_id: UUID, days: float, **values: Any) -> UUID:
    """Date an image as last touched this long ago, and return its id."""
    at = now() - timedelta(days=days)
    with site.database.write() as session:
        times = {"created_at": at, "state_changed_at": at}
        session.execute(update(Image).where(Image.id == image_id).values(**times, **values))
        session.execute(update(Mask).where(Mask.image_id == image_id).values(created_at=at))
    return image_id


def rule(admin: Hand, kind: str, **terms: Any) -> dict[str, Any]:
    answer = admin.client.put(f"{HERE}/retention/{kind}", json=terms)
    assert answer.status_code == 200, answer.text
    return answer.json()


def begun(site: Site) -> None:
    """End the notice period of all rules."""
    with site.database.write() as session:
        session.execute(update(RetentionRule).values(begins_at=now() - timedelta(minutes=1)))


def applied(site: Site, runtime: Runtime) -> int:
    """Sweep, then run a worker; return the number of runs."""
    state = State.open(site.settings)
    try:
        queued = service.look(state)
    finally:
        state.close()
    while run(runtime, BACKGROUND_QUEUE):
        finish_all()
    return queued


def where(site: Site, *ids: UUID) -> list[UUID | None]:
    with site.database.read() as session:
        rows = {
            row.id: row.project_id for row in session.execute(select(Image.id, Image.project_id))
        }
    return [rows.get(one) for one in ids]
