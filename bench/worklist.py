"""The worklist with 100,000 images compared with 1,000.

    python -m bench.worklist

Rows are written directly into the database; pages are then read through the running API.
"""

import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import click
import httpx
import numpy as np
from sqlalchemy import insert, select
from uuid_utils.compat import uuid7

from app.accounts import memberships
from app.accounts.service import first_admin
from app.accounts.tables import Role, User
from app.core.database import Database
from app.core.ids import now
from app.core.security import load_site_key, subject_code
from app.images.tables import Frame, Image, ImageState, Subject
from app.projects.tables import DEFAULT_PROJECT
from app.reviews.tables import Reading, ReadingState
from tests.processes import Processes

QUERIES = {
    "priority": "",
    "newest": "sort=newest",
    "uncertain": "sort=uncertain",
    "due": "sort=due",
    "to correct": "queue=to-correct",
    "to review": "queue=to-review",
    "unassigned": "queue=unassigned",
    "submitted": "state=submitted",
    "filtered": "lesions=several&model=sonoloop-lite0",
    "subject": "q=S-AA",
}


def seed(site: Processes, count: int) -> None:
    """Create `count` images of one owner with frames, and a tenth as many subjects.

    One in ten was handed in by somebody else and waits for review, one in twenty is assigned to the
    owner with a due date, one in ten has no score, like imported ones; the rest need a reader.
    """
    settings = site.settings
    database = Database(settings.database)
    first_admin(database, settings, load_site_key(settings))
    rng = np.random.default_rng(1)
    other = uuid7()
    with database.write() as session:
        session.add(User(id=other, name="Reader", email="reader@example.org"))
        session.flush()
        memberships.put(session, DEFAULT_PROJECT, other, Role.ANNOTATOR)
        owner = session.scalars(select(User.id).where(User.id != other)).one()
        pseudonyms = [rng.bytes(32).hex() for _ in range(max(1, count // 10))]
        subjects = [
            {
                "id": uuid7(),
                "project_id": DEFAULT_PROJECT,
                "pseudonym": p,
                "code": subject_code(p),
                "created_at": now(),
            }
            for p in pseudonyms
        ]
        session.execute(insert(Subject), subjects)
        ids: list[UUID] = [uuid7() for _ in range(count)]
        for start in range(0, count, 5000):
            part = ids[start : start + 5000]
            session.execute(
                insert(Image),
                [
                    {
                        "id": identifier,
                        "project_id": DEFAULT_PROJECT,
                        "owner_id": owner,
                        "subject_id": subjects[int(rng.integers(len(subjects)))]["id"],
                        "pixel_sha256": rng.bytes(32).hex(),
                        "format": "PNG",
                        "created_at": now() - timedelta(minutes=start),
                        "state": ImageState.SUBMITTED if number % 10 == 0 else ImageState.PREDICTED,
                        "readers_wanted": int(number % 10 != 0 and number % 20 != 1),
                        "lesion_count": int(rng.integers(4)),
                        "uncertainty_score": float(rng.random()) if number % 10 != 9 else None,
                        "long_axis_mm": float(rng.random() * 50),
                        "model_name": "sonoloop-lite0",
                        "model_version": "1.0.0",
                    }
                    for number, identifier in enumerate(part)
                ],
            )
            session.execute(
                insert(Reading),
                [
                    {
                        "id": uuid7(),
                        "image_id": identifier,
                        "reader_id": other if number % 10 == 0 else owner,
                        "state": ReadingState.SUBMITTED if number % 10 == 0 else ReadingState.OPEN,
                        "due_at": now() + timedelta(minutes=start + number),
                    }
                    for number, identifier in enumerate(part)
                    if number % 10 == 0 or number % 20 == 1
                ],
            )
            session.execute(
                insert(Frame),
                [
                    {
                        "id": uuid7(),
                        "image_id": identifier,
                        "index": 0,
                        "width": 640,
                        "height": 480,
                    }
                    for identifier in part
                ],
            )
    database.dispose()


def measure(count: int, repeat: int) -> dict[str, float]:
    """p50 in ms of each query's first page, of two fiftieth pages, and of the counts."""
    with tempfile.TemporaryDirectory(prefix="sonoloop-bench-") as folder:
        site = Processes(Path(folder) / "data")
        try:
            site.start_broker()
            site.migrate()
            seed(site, count)
            _, url = site.start_api()
            headers = {"Authorization": f"Bearer {site.token()}"}
            with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
                paths = {name: f"/images?{query}" for name, query in QUERIES.items()}
                for sort in ("priority", "newest"):
                    paths[f"{sort}, page 50"] = _fiftieth(client, sort)
                paths["counts of all queues"] = "/queues"
                return {name: _p50(client, path, repeat) for name, path in paths.items()}
        finally:
            site.close()


def _fiftieth(client: httpx.Client, sort: str) -> str:
    """Address of the fiftieth page of an order, or of its last."""
    params = {"sort": sort}
    for _ in range(50):
        page = client.get("/images", params=params)
        page.raise_for_status()
        params["cursor"] = page.json()["next_cursor"] or params["cursor"]
    return f"/images?sort={sort}&cursor={params['cursor']}"


def _p50(client: httpx.Client, path: str, repeat: int) -> float:
    seconds = []
    for _ in range(repeat):
        started = time.perf_counter()
        client.get(path).raise_for_status()
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds) * 1000


@click.command()
@click.option("--images", default=100_000, show_default=True)
@click.option("--repeat", default=20, show_default=True)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(images: int, repeat: int, target: Path | None) -> None:
    """Time pages of a large and of a small worklist."""
    large, small = measure(images, repeat), measure(1000, repeat)
    figures = {
        name: {"p50_ms": large[name], "ratio_to_1000": large[name] / small[name]} for name in large
    }
    print(json.dumps({"images": images, "pages": figures}, indent=2))
    if target:
        target.write_text(json.dumps({"images": images, "pages": figures}, indent=2))


if __name__ == "__main__":
    main()
