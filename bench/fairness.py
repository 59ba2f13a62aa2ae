"""Waiting time of one person for one image while another's bulk is in the queue.

    python -m bench.fairness --queued 300

Both send new images. The bulk is sent without waiting for results; then the other person sends
single images, one after the other.
"""

import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import click
import httpx

from app.accounts import memberships, tokens
from app.accounts.access import Scope
from app.accounts.tables import Role, User
from app.core.audit import SYSTEM
from app.core.database import Database
from app.core.ids import new_id
from app.core.security import load_site_key
from app.core.settings import Settings
from app.projects.tables import DEFAULT_PROJECT
from bench.site import Site, site
from tests.synthetic import ultrasound_png

PATIENCE = 60.0


def another_person(product: Site) -> dict[str, str]:
    """Headers of a second user of the site."""
    settings = Settings(_env_file=None, data_dir=product.data)
    database = Database(settings.database)
    with database.write() as session:
        user = User(id=new_id(), name="Second", email="second@example.org")
        session.add(user)
        session.flush()
        memberships.put(session, DEFAULT_PROJECT, user.id, Role.ANNOTATOR)
        key = load_site_key(settings)
        _, secret = tokens.create(session, key, SYSTEM, user, "bench", [Scope.SEGMENT])
    database.dispose()
    return {"Authorization": f"Bearer {secret}"}


def wait_for_one(client: httpx.Client, image: bytes) -> tuple[float, bool]:
    """Seconds until an image's result is available, and whether it came within a minute."""
    started = time.perf_counter()
    answer = client.post(f"/segment?wait={PATIENCE:g}", content=image)
    answer.raise_for_status()
    return time.perf_counter() - started, answer.status_code == 200


@click.command()
@click.option("--queued", default=300, show_default=True, help="Images of the first person.")
@click.option("--singles", default=5, show_default=True, help="Images of the second person.")
def main(queued: int, singles: int) -> None:
    """Measure the waiting time of a person who sends one image."""
    bulk = [ultrasound_png(height=512, width=512, seed=seed) for seed in range(queued)]
    ones = [ultrasound_png(height=512, width=512, seed=10_000 + seed) for seed in range(singles)]
    with site() as product:
        other = another_person(product)
        timeout = httpx.Timeout(PATIENCE + 30)
        with (
            httpx.Client(base_url=product.url, headers=product.headers, timeout=timeout) as first,
            httpx.Client(base_url=product.url, headers=other, timeout=timeout) as second,
        ):
            alone = [wait_for_one(second, ultrasound_png(512, 512, 20_000 + n)) for n in range(3)]
            with ThreadPoolExecutor(4) as senders:
                for answer in senders.map(
                    lambda image: first.post("/segment?wait=0", content=image), bulk
                ):
                    answer.raise_for_status()
            waits = [wait_for_one(second, image) for image in ones]
            left = first.get("/jobs", params={"state": "queued", "limit": 200}).json()["items"]
    figures = {
        "alone_ms": statistics.median(seconds for seconds, _ in alone) * 1000,
        "wait_p50_ms": statistics.median(seconds for seconds, _ in waits) * 1000,
        "wait_worst_ms": max(seconds for seconds, _ in waits) * 1000,
        "answered_within_a_minute": sum(done for _, done in waits),
        "of": singles,
        "bulk_still_queued_at_least": len(left),
        "bulk": queued,
        "processors": os.cpu_count(),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
