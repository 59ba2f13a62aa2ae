"""Uploads are fair: with a real worker, a person with one image comes next."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.accounts import memberships, tokens
from app.accounts.access import Scope
from app.accounts.tables import Role, User
from app.core.audit import SYSTEM
from app.core.database import Database
from app.core.ids import new_id
from app.core.security import load_site_key
from app.projects.tables import DEFAULT_PROJECT
from tests.processes import Processes, wait_until
from tests.synthetic import ultrasound_png

MANY = 40
FEW = 12
"""The most images of the other person that may end before a single one: those running in two
processes while it is received, and turns of images that nobody waits for."""


@pytest.fixture
def other(running: tuple[Processes, str]) -> Iterator[httpx.Client]:
    """A second person's script."""
    site, url = running
    database = Database(site.settings.database)
    with database.write() as session:
        email = f"{new_id().hex}@example.org"
        user = User(id=new_id(), name="A. Person", email=email)
        session.add(user)
        session.flush()
        memberships.put(session, DEFAULT_PROJECT, user.id, Role.ANNOTATOR)
        key = load_site_key(site.settings)
        _, secret = tokens.create(session, key, SYSTEM, user, "a script", [Scope.SEGMENT])
    database.dispose()
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=url, headers=headers, timeout=120) as client:
        yield client


@pytest.mark.parametrize("wait", [0, 60])
def test_one_image_is_done_after_a_few_of_another_persons_many(
    client: httpx.Client, other: httpx.Client, wait: int
) -> None:
    bulk = [ultrasound_png(seed=5_000 + 100 * wait + number) for number in range(MANY)]
    with ThreadPoolExecutor(4) as senders:
        sent = list(senders.map(lambda image: send(client, image, 0), bulk))
    done_before = sum(look(client, job)["finished_at"] is not None for job in sent)
    job = send(other, ultrasound_png(seed=9_000 + wait), wait)
    ended = wait_until(lambda: look(other, job)["finished_at"])
    ends = [look(client, one)["finished_at"] for one in sent]
    came_first = sum(end is not None and end <= ended for end in ends) - done_before
    assert came_first <= FEW
    assert came_first + done_before < MANY, "all were done before: nothing was tried"


def send(client: httpx.Client, image: bytes, wait: int) -> str:
    """Upload an image and return the job's id."""
    answer = client.post(f"/segment?wait={wait}", content=image)
    answer.raise_for_status()
    body = answer.json()
    return str(body.get("id") or body["job_id"])


def look(client: httpx.Client, job: str) -> dict[str, Any]:
    """Return the job's current state."""
    return dict(client.get(f"/jobs/{job}").json())
