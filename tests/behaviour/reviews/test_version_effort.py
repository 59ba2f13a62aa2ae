"""The effort shows whether a promotion saved time; small numbers give no verdict."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.accounts.tables import Role
from app.core import audit
from app.core.ids import now
from app.deployments.records import deploy
from app.images.tables import Image, ImageState, subject_with
from app.masks.tables import Mask, MaskSource
from app.model_versions.tables import ModelVersion
from app.projects.tables import DEFAULT_PROJECT
from app.reviews.tables import Reading
from app.version_effort.statistics import difference
from tests.running_site import Site


def readings(site: Site, version: str, count: int, seconds: float, *, patients: int) -> None:
    """Store readings of a version's outlines, half of them corrected."""
    owner = site.person(Role.ANNOTATOR)
    for number in range(count):
        image_id = site.add_image(owner)
        reading_id = site.add_reading(image_id, owner)
        with site.database.write() as session:
            reading = session.get_one(Reading, reading_id)
            first = session.scalars(
                select(Mask).where(Mask.image_id == image_id, Mask.source == MaskSource.MODEL)
            ).one()
            first.model_name, first.model_version = "breast", version
            handed_in = session.get_one(Mask, reading.submitted_mask_id)
            handed_in.prediction_id, handed_in.seconds = first.id, seconds + number % 3
            handed_in.untouched, handed_in.dice = number % 2 == 0, 1.0 - 0.2 * (number % 2)
            reading.submitted_at = now() - timedelta(hours=100 - number)
            patient = site.key.pseudonym(f"patient {number % patients}")
            session.get_one(Image, image_id).subject_id = subject_with(
                session, DEFAULT_PROJECT, patient
            )


def serve(site: Site, version: str) -> None:
    with site.database.write() as session:
        model = ModelVersion(name="breast", version=version, sha256="0" * 64, card={})
        session.add(model)
        session.flush()
        deploy(session, site.key, audit.SYSTEM, DEFAULT_PROJECT, model, "Better.")


def test_a_promotion_is_held_against_the_version_before(site: Site) -> None:
    admin = site.browser(Role.ADMIN)
    assert admin.get("/version-effort").json()["items"] == []
    serve(site, "1.0.0")
    readings(site, "1.0.0", 22, 40.0, patients=11)
    serve(site, "2.0.0")
    readings(site, "2.0.0", 19, 10.0, patients=11)
    few = admin.get("/version-effort").json()
    new, old = sorted(few["items"], key=lambda one: not one["serving"])
    assert (old["model"], old["serving"], old["readings"], old["patients"]) == (
        "breast@1.0.0",
        False,
        22,
        11,
    )
    assert old["seconds_median"] == 41.0
    assert (old["corrected_share"], old["corrected_dice"]) == (0.5, 0.8)
    assert (new["readings"], new["seconds_median"], new["corrected_share"]) == (19, None, None)
    assert few["difference"]["seconds"] is None, "nineteen readings say nothing"
    readings(site, "2.0.0", 3, 10.0, patients=11)
    said = admin.get("/version-effort").json()["difference"]
    assert (said["model"], said["before"]) == ("breast@2.0.0", "breast@1.0.0")
    seconds = said["seconds"]
    assert -31 < seconds["low"] <= seconds["mean"] <= seconds["high"] < -29
    assert said["corrected"]["low"] < 0 < said["corrected"]["high"]


def test_the_images_that_readers_changed_most_are_shown_to_who_may_see_them(site: Site) -> None:
    readings(site, "1.0.0", 8, 40.0, patients=8)
    reader = site.person(Role.ANNOTATOR)
    asked = {"model": "breast@1.0.0"}

    def shown(role: Role) -> list[dict[str, Any]]:
        answer = site.browser(role).get("/version-effort/most-corrected", params=asked)
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    assert shown(Role.REVIEWER) == [], "nothing is approved"
    with site.database.write() as session:
        images = list(session.scalars(select(Image).order_by(Image.id)))
        for number, image in enumerate(images):
            image.state = ImageState.APPROVED
            reading = session.scalars(select(Reading).where(Reading.image_id == image.id)).one()
            mask = session.get_one(Mask, reading.submitted_mask_id)
            mask.untouched, mask.dice = number == 0, 0.9 - 0.1 * number
        images[7].subject_id = images[6].subject_id  # its patient is shown once
        wanted = [str(images[number].id) for number in (7, 5, 4, 3, 2, 1)]
    for role in (Role.REVIEWER, Role.ANNOTATOR):
        found = shown(role)
        assert [one["image_id"] for one in found] == wanted
        assert [found[0]["predicted"], found[0]["handed_in"], found[0]["frame_index"]] == [1, 2, 0]
    for number in (found[0]["predicted"], found[0]["handed_in"]):
        address = f"/images/{wanted[0]}/frames/0/outline"
        drawn = site.browser(Role.ANNOTATOR).get(address, params={"revision": number})
        assert drawn.headers["content-type"].startswith("image/svg+xml")

    other = site.add_person()
    with site.database.write() as session:
        for reading in session.scalars(select(Reading)):
            reading.reader_id = other.id
    assert reader.id != other.id
    assert shown(Role.ANNOTATOR) == [], "somebody else read them"


def test_the_interval_knows_that_images_of_a_patient_are_alike() -> None:
    """Forty images of four patients are weaker evidence than forty images of forty patients."""
    values = [float(number % 4) for number in range(40)]
    alike = difference(
        [(number % 4, value) for number, value in enumerate(values)], [(9, 1.5), (8, 1.5)]
    )
    apart = difference(list(enumerate(values)), [(9, 1.5), (8, 1.5)])
    assert alike[0] == apart[0] == 0.0
    assert alike[2] - alike[1] > 2 * (apart[2] - apart[1])
