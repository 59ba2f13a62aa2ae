"""A site's effort and agreement, compared with figures calculated by hand."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import update

from app.masks.tables import Mask
from app.reviews.agreement import kappa
from app.reviews.effort import begin
from app.reviews.schemas import Bucket
from app.reviews.tables import Reading, chosen_for_double_reading
from tests.behaviour.reviews.acting import Hand, person, work
from tests.running_site import Site

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def hand_in(
    site: Site, reader: Hand, at: datetime, *seconds: float, left: int = 4, **measured: object
) -> UUID:
    """Store a reading submitted at this time, with one revision per number of seconds; return the
    image's id."""
    image = site.add_image(reader.user)
    for number, spent in enumerate(seconds, 1):
        last = number == len(seconds)
        mask = reader.draw(image, left, seconds=spent, submit=last)
    with site.database.write() as session:
        session.execute(update(Reading).where(Reading.image_id == image).values(submitted_at=at))
        if measured:
            session.execute(update(Mask).where(Mask.id == UUID(mask["id"])).values(**measured))
    return image


def test_effort_by_week_model_and_person(site: Site) -> None:
    ada, bea = person(site, name="Ada"), person(site, name="Bea")
    hand_in(site, ada, MONDAY, 10.0, 5.0, dice=0.8, untouched=False)
    hand_in(site, ada, MONDAY.replace(day=8), 3.0, dice=1.0, untouched=True)
    hand_in(site, bea, MONDAY.replace(day=5), 30.0)  # not measured yet
    hand_in(site, bea, MONDAY.replace(day=9), 7.0, dice=0.5, untouched=False)
    admin, reviewer = person(site, "admin"), person(site, "reviewer")
    report = admin.client.get("/effort", params={"bucket": "week"}).json()
    first, second = report["buckets"]
    assert first["start"] == "2026-03-02T00:00:00Z"
    assert (first["images"], first["seconds_median"]) == (3, 15.0)
    assert first["seconds_mean"] == pytest.approx((15 + 3 + 30) / 3)
    assert first["dice_mean"] == pytest.approx(0.9), "what is not measured does not count"
    assert first["untouched_share"] == 0.5
    assert (second["start"], second["images"]) == ("2026-03-09T00:00:00Z", 1)
    (model,) = report["by_model"]
    assert (model["model"], model["version"], model["images"]) == ("test", "1", 4)
    by_person = {one["person"]["name"]: one["seconds_median"] for one in report["by_person"]}
    assert by_person == {"Ada": 9.0, "Bea": 18.5}
    assert reviewer.client.get("/effort").json()["by_person"] == [], "an admin's to see"
    query = {"from": "2026-03-05T00:00:00Z", "to": "2026-03-09T00:00:00Z", "bucket": "day"}
    days = admin.client.get("/effort", params=query).json()["buckets"]
    assert [one["start"][:10] for one in days] == ["2026-03-05", "2026-03-08"]


def test_revisions_after_the_one_handed_in_are_no_effort_of_it(site: Site) -> None:
    ada, reviewer = person(site), person(site, "reviewer")
    image = site.add_image(ada.user)
    revision = ada.hand_in(image, seconds=4.0)
    reviewer.give_back(image, revision)
    ada.draw(image, left=6, seconds=100.0)
    assert reviewer.client.get("/effort").json()["buckets"][0]["seconds_mean"] == 4.0


def test_a_site_without_readings_has_no_figures(site: Site) -> None:
    reviewer = person(site, "reviewer")
    assert reviewer.client.get("/effort").json() == {
        "buckets": [],
        "by_model": [],
        "by_person": [],
    }
    assert reviewer.client.get("/agreement").json() == {
        "pairs": 0,
        "dice_mean": None,
        "iou_mean": None,
        "presence_kappa": None,
        "by_pair_of_readers": [],
        "by_class": [],
    }


def test_agreement_of_a_site_by_pair_of_readers(site: Site) -> None:
    ada, bea, cleo = (person(site, name=name) for name in ("Ada", "Bea", "Cleo"))
    reviewer = person(site, "reviewer")

    def pair(first: tuple[Hand, str], second: tuple[Hand, str]) -> None:
        image = site.add_image(site.add_person())
        reviewer.assign(image, first[0], second[0], blind=True)
        for hand, answer in (first, second):
            hand.hand_in(image, answer=answer, answer_reason="Shadow.")

    yes, no, unclear = "lesions", "no-lesion", "cannot-judge"
    pair((ada, yes), (bea, yes))
    pair((bea, no), (ada, no))
    pair((ada, yes), (bea, no))
    pair((ada, yes), (bea, unclear))
    pair((ada, no), (cleo, no))
    work(site)
    totals = reviewer.client.get("/agreement").json()
    assert totals["pairs"] == 5
    assert totals["dice_mean"] == pytest.approx((1 + 1 + 0 + 0 + 1) / 5)
    (most, least) = totals["by_pair_of_readers"]
    assert ({one["name"] for one in most["readers"]}, most["pairs"]) == ({"Ada", "Bea"}, 4)
    # Ada: yes, no, yes; Bea: yes, no, no. Observed 2/3, expected 2/3·1/3 + 1/3·2/3 = 4/9.
    assert most["presence_kappa"] == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))
    assert least["presence_kappa"] is None, "both always said the same one thing"
    after = {"from": "2099-01-01T00:00:00Z"}
    assert reviewer.client.get("/agreement", params=after).json()["pairs"] == 0


def test_kappa_of_a_textbook_table() -> None:
    # Two readers of 50 grants: both yes 20, yes/no 5, no/yes 10, both no 15. κ = 0.4.
    pairs = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([(True, False), (False, True)]) == pytest.approx(-1.0)
    assert kappa([]) is None


@pytest.mark.parametrize(
    ("bucket", "start"),
    [(Bucket.DAY, (2026, 3, 1)), (Bucket.WEEK, (2026, 2, 23)), (Bucket.MONTH, (2026, 3, 1))],
)
def test_days_weeks_and_months_begin_in_utc(bucket: Bucket, start: tuple[int, int, int]) -> None:
    sunday = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)
    assert begin(sunday, bucket) == datetime(*start, tzinfo=UTC)


def test_the_share_of_double_readings_is_kept_and_stable() -> None:
    ids = [UUID(int=number << 64 | number * 7919) for number in range(4_000)]
    chosen = [one for one in ids if chosen_for_double_reading(one, 0.1)]
    assert len(chosen) == pytest.approx(400, rel=0.1)
    assert all(chosen_for_double_reading(one, 0.3) for one in chosen), "more share, the same ones"
    assert not any(chosen_for_double_reading(one, 0.0) for one in ids)
    assert all(chosen_for_double_reading(one, 1.0) for one in ids)
    # Fixed: another hash would choose other images of an existing site.
    fixed = UUID("0197a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
    assert not chosen_for_double_reading(fixed, 0.9509)
    assert chosen_for_double_reading(fixed, 0.951)
