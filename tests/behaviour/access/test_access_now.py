"""Permission is checked at each request, not when something was created or cached."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import delete, select, update

from app.accounts.tables import ApiToken, User
from app.core.ids import now
from app.images.tables import Image
from app.jobs.tables import Job, JobKind, JobState
from app.masks.tables import Mask
from app.reviews.tables import Reading
from tests.behaviour.masks.sending import listening
from tests.processes import wait_until
from tests.running_site import Site, stored_result


def read_job(site: Site, reader: User, kind: JobKind = JobKind.PREDICT) -> tuple[UUID, UUID]:
    """Add a done job of that reader on someone else's image; return the ids of both."""
    image_id = site.add_image(site.add_person())
    site.add_reading(image_id, reader, submitted=False)
    job_id = site.add_job(reader, JobState.DONE)
    with site.database.write() as session:
        mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
        session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(image_id=image_id, kind=kind, result=made(mask))
        )
    return job_id, image_id


def made(mask: Mask) -> dict[str, Any]:
    """Return the result of the done job that made this mask."""
    return stored_result() | {"mask_id": str(mask.id), "frame_id": str(mask.frame_id)}


def take_reading_away(site: Site, image_id: UUID) -> None:
    with site.database.write() as session:
        session.execute(delete(Reading).where(Reading.image_id == image_id))


def test_a_jobs_result_is_seen_while_its_image_is(site: Site) -> None:
    reader = site.add_person()
    client = site.browser(reader)
    job_id, image_id = read_job(site, reader)
    shown = client.get(f"/jobs/{job_id}").json()
    assert shown["image_id"] == str(image_id)
    assert shown["result"]["mask_png_base64"]
    for part in ("mask", "overlay"):
        assert client.get(f"/jobs/{job_id}/{part}").status_code == 200

    take_reading_away(site, image_id)
    assert client.get(f"/images/{image_id}").status_code == 404
    hidden = client.get(f"/jobs/{job_id}").json()
    assert hidden["state"] == "done"
    assert hidden["result"] is None
    assert hidden["image_id"] is None
    assert set(hidden["links"].values()) == {f"/jobs/{job_id}", None}
    assert str(image_id) not in client.get("/jobs").text
    for part in ("mask", "overlay"):
        assert client.get(f"/jobs/{job_id}/{part}").status_code == 404


def test_what_a_browser_has_of_a_job_is_not_confirmed_any_more(site: Site) -> None:
    reader = site.add_person()
    client = site.browser(reader)
    job_id, image_id = read_job(site, reader)
    tag = {"If-None-Match": client.get(f"/jobs/{job_id}/mask").headers["ETag"]}
    assert client.get(f"/jobs/{job_id}/mask", headers=tag).status_code == 304
    take_reading_away(site, image_id)
    assert client.get(f"/jobs/{job_id}/mask", headers=tag).status_code == 404


def test_a_failed_job_on_an_image_out_of_sight_is_not_tried_again(site: Site) -> None:
    reader = site.add_person()
    job_id, image_id = read_job(site, reader)
    with site.database.write() as session:
        values = {"state": JobState.FAILED, "retryable": True}
        session.execute(update(Job).where(Job.id == job_id).values(**values))
    take_reading_away(site, image_id)
    assert site.browser(reader).post(f"/jobs/{job_id}/retry").status_code == 404


def test_a_job_does_not_show_a_blind_reader_what_others_drew(site: Site) -> None:
    reader = site.person("reviewer")
    image_id = site.add_image(site.add_person())
    number = site.add_revision(image_id, site.add_person())
    job_id = site.add_job(reader, JobState.DONE)
    with site.database.write() as session:
        query = select(Mask).where(Mask.image_id == image_id, Mask.revision == number)
        mask = session.scalars(query).one()
        values = {"image_id": image_id, "kind": JobKind.CONSENSUS, "result": made(mask)}
        session.execute(update(Job).where(Job.id == job_id).values(**values))
    client = site.browser(reader)
    assert client.get(f"/jobs/{job_id}/mask").status_code == 200
    reading = site.add_reading(image_id, reader, submitted=False)
    with site.database.write() as session:
        session.execute(update(Reading).where(Reading.id == reading).values(blind=True))
    assert client.get(f"/jobs/{job_id}/mask").status_code == 404
    assert client.get(f"/jobs/{job_id}").json()["result"] is None


def test_a_repeated_request_gives_no_result_of_an_image_out_of_sight(site: Site) -> None:
    reader = site.add_person()
    client = site.browser(reader)
    key = {"Idempotency-Key": "again", "Content-Type": "image/png"}
    job = client.post("/segment?wait=0", content=b"an image", headers=key).json()["id"]
    other = site.add_image(site.add_person())
    done = site.add_job(reader, JobState.DONE)
    with site.database.write() as session:
        made = session.get_one(Job, done)
        values = {"state": JobState.DONE, "image_id": other, "result": made.result}
        session.execute(update(Job).where(Job.id == UUID(job)).values(**values))
    answer = client.post("/segment?wait=0", content=b"an image", headers=key)
    assert answer.status_code == 404
    assert str(other) not in answer.text


PICTURES = ("frame", "thumbnail", "outline", "mask", "mask?revision=1", "overlay?revision=1")


@pytest.mark.parametrize("part", [*PICTURES, "masks/2/labels"])
def test_a_browser_asks_again_before_it_shows_what_it_kept(shared_site: Site, part: str) -> None:
    site = shared_site
    owner, reader = site.add_person(), site.add_person()
    image_id = site.add_image(owner)
    if "labels" in part:
        site.add_revision(image_id, owner)
    site.add_reading(image_id, reader, submitted=False)
    client, address = site.browser(reader), f"/images/{image_id}/{part}"
    first = client.get(address)
    assert first.headers["Cache-Control"] == "private, no-cache"
    tag = first.headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.get(address, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "private, no-cache"
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    take_reading_away(site, image_id)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 404


def test_what_a_browser_has_is_confirmed_without_reading_it(site: Site) -> None:
    client = site.browser("annotator")
    address = f"/images/{site.add_image(site.person('annotator'))}/frame"
    tag = {"If-None-Match": client.get(address).headers["ETag"]}
    for path in (site.settings.data_dir / "blobs").rglob("*.png"):
        path.unlink()
    assert client.get(address, headers=tag).status_code == 304
    assert client.get(address).status_code == 404


def test_two_images_of_one_kind_have_different_tags(site: Site) -> None:
    client = site.browser("annotator")
    owner = site.person("annotator")
    tags = {
        client.get(f"/images/{image}/{part}").headers["ETag"]
        for image in (site.add_image(owner), site.add_image(owner))
        for part in ("frame", "thumbnail", "mask", "overlay")
    }
    assert len(tags) == 8


Ending = Callable[[Site, User, httpx.Client], object]


def deactivate(site: Site, person: User, _: httpx.Client) -> object:
    return site.browser("admin").patch(f"/users/{person.id}", json={"active": False})


def change_role(site: Site, person: User, _: httpx.Client) -> object:
    return site.browser("admin").patch(f"/users/{person.id}", json={"role": "reviewer"})


def sign_out(_: Site, __: User, client: httpx.Client) -> object:
    return client.delete("/session")


def revoke_tokens(site: Site, person: User, _: httpx.Client) -> object:
    with site.database.write() as session:
        session.execute(update(ApiToken).values(revoked_at=now()))
    return person


@pytest.mark.parametrize("end", [deactivate, change_role, sign_out, revoke_tokens])
def test_an_event_stream_ends_within_seconds_of_the_account(site: Site, end: Ending) -> None:
    person = site.add_person()
    by_token = end is revoke_tokens
    client = site.script(person, "read") if by_token else site.browser(person)
    with listening(client) as listener:
        # An event arrives, so the stream is open and has not ended by itself.
        image_id = site.add_image(person)
        assert site.browser("admin").delete(f"/images/{image_id}").status_code == 204
        wait_until(lambda: str(image_id) in str(listener.heard))
        other = site.anonymous(Origin=site.url)
        other.cookies = client.cookies
        end(site, person, other)
        assert listener.ended.wait(60)


def test_news_of_an_image_stop_with_the_access_to_it(site: Site) -> None:
    """This includes people whose page reports that it has the image open."""
    owner, reader = site.add_person(), site.add_person()
    image_id = site.add_image(owner)
    site.add_reading(image_id, reader, submitted=False)
    client = site.browser(reader)
    assert client.put(f"/images/{image_id}/presence", json={"editing": True}).status_code == 200
    with listening(client) as listener:
        take_reading_away(site, image_id)
        assert site.browser(owner).delete(f"/images/{image_id}").status_code == 204
        marker = site.add_image(reader)
        assert site.browser(reader).delete(f"/images/{marker}").status_code == 204
        wait_until(lambda: str(marker) in str(listener.heard))
        assert str(image_id) not in str(listener.heard)


def test_a_token_of_one_project_hears_nothing_of_another(site: Site) -> None:
    owner = site.add_person()
    other = site.add_project()
    site.add_member(other, owner)
    client = site.script(owner, "read", project_id=other)
    browser = site.browser(owner)
    with listening(client) as listener:
        hidden, marker = site.add_image(owner), site.add_image(owner, other)
        for image_id in (hidden, marker):
            present = browser.put(f"/images/{image_id}/presence", json={"editing": True})
            assert present.status_code == 200
            assert browser.delete(f"/images/{image_id}").status_code == 204
        wait_until(lambda: "'deleted'" in str(listener.heard))
        assert str(marker) in str(listener.heard)
        assert str(hidden) not in str(listener.heard)


def test_a_deleted_image_is_gone_for_its_reader_too(site: Site) -> None:
    reader = site.add_person()
    job_id, image_id = read_job(site, reader)
    assert site.browser("admin").delete(f"/images/{image_id}").status_code == 204
    with site.database.read() as session:
        assert session.get(Image, image_id) is None
        assert session.get_one(Job, job_id).result is None
    assert site.browser(reader).get(f"/jobs/{job_id}").json()["result"] is None
