"""An image's state is consistent after any actions in any order, and a refused action changes
nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app.accounts.access import Principal
from app.accounts.principal import principal_of
from app.accounts.tables import Role, User
from app.core.broker import SEGMENT_QUEUE
from app.core.problems import Problem
from app.core.state import State
from app.corrections import drafts
from app.corrections import service as masks
from app.images.tables import Image, ImageState
from app.masks.schemas import Labels, NewDraft, NewMask
from app.masks.tables import Draft, Mask, MaskSource
from app.projects.tables import DEFAULT_PROJECT
from app.reviews import assignments, consensus, decisions, service
from app.reviews.records import standings_of
from app.reviews.schemas import NewConsensus, NewReadings
from app.reviews.states import readers_wanted, state_after
from app.reviews.tables import Reading, ReadingState, Review, Verdict
from tests.behaviour.masks.sending import empty, square
from tests.conftest import fresh_settings
from tests.databases import migrate
from tests.running_site import Site, frame_of
from worker.runtime import Runtime
from worker.tasks.run import run

ANNOTATORS, REVIEWERS = range(3), range(3, 5)
PEOPLE = [Role.ANNOTATOR] * 3 + [Role.REVIEWER] * 2
WHO = st.integers(0, len(PEOPLE) - 1)
LEFT = st.sampled_from([4, 8])
REVISION = st.integers(1, 9)


class World:
    """A site without an API: database, blobs, and a worker in this process."""

    def __init__(self, folder: Path, valkey: str) -> None:
        chosen = fresh_settings(folder, valkey)
        migrate(chosen)
        self.state = State.open(chosen)
        self.runtime = Runtime.open(chosen)
        self.site = Site(chosen, "", self.state.database, self.state.blobs, self.state.site_key)
        self.seen: set[str] = set()
        self.refused: set[str] = set()
        self.people: list[User] = [self.site.add_person(role) for role in PEOPLE]

    def close(self) -> None:
        self.runtime.close()
        self.state.close()


@pytest.fixture
def world(tmp_path: Path, valkey: str) -> Iterator[World]:
    world = World(tmp_path, valkey)
    yield world
    world.close()


class Work(RuleBasedStateMachine):
    """People who work on one image through the services that the API calls."""

    world: World

    @initialize(owner=WHO)
    def upload(self, owner: int) -> None:
        self.state = self.world.state
        self.image_id: UUID = self.world.site.add_image(self.world.people[owner])

    # People's actions; a refused one must leave no trace.

    @rule(who=WHO, left=LEFT)
    def autosave(self, who: int, left: int) -> None:
        with self.state.database.read() as session:
            version = session.scalar(
                select(Draft.version).where(
                    Draft.image_id == self.image_id, Draft.user_id == self.person(who).id
                )
            )
        new = NewDraft(
            version=version or 0, parent_revision=1, labels=Labels(**square(left)), seconds=1.0
        )
        self.attempt(lambda: drafts.write(self.state, self.principal(who), self.image_id, 0, new))

    @rule(
        who=WHO, left=LEFT, answer=st.sampled_from(["lesions", "no-lesion"]), hand_in=st.booleans()
    )
    def save(self, who: int, left: int, answer: str, hand_in: bool) -> None:
        labels = square(left) if answer == "lesions" else empty()
        new = NewMask(
            parent_revision=self.newest_in_line(who),
            labels=Labels(**labels),
            answer=answer,
            seconds=2.0,
            submit=hand_in,
        )
        self.attempt(
            lambda: masks.save(self.state, self.principal(who), self.image_id, 0, new, None)
        )

    @rule(who=WHO, revision=REVISION)
    def submit(self, who: int, revision: int) -> None:
        def act() -> None:
            with self.state.database.write() as session:
                mask = session.scalar(
                    select(Mask).where(Mask.image_id == self.image_id, Mask.revision == revision)
                )
                if mask is None:
                    return
                image = session.get_one(Image, self.image_id)
                service.submit(session, self.state, self.principal(who), image, mask)

        self.attempt(act)

    @rule(left=LEFT)
    def everybody_hands_in(self, left: int) -> None:
        with self.state.database.read() as session:
            waited_for = session.scalars(
                select(Reading.reader_id).where(
                    Reading.image_id == self.image_id,
                    Reading.state.in_([ReadingState.OPEN, ReadingState.RETURNED]),
                )
            ).all()
        for who, one in enumerate(self.world.people):
            if one.id in waited_for:
                self.save(who, left, "lesions", True)

    @rule(who=WHO)
    def withdraw(self, who: int) -> None:
        def act() -> None:
            with self.state.database.write() as session:
                service.withdraw(session, self.state, self.principal(who), self.image_id)

        self.attempt(act)

    @rule(
        by=st.sampled_from(REVIEWERS),
        readers=st.lists(WHO, min_size=1, max_size=3, unique=True),
        blind=st.booleans(),
    )
    def assign(self, by: int, readers: list[int], blind: bool) -> None:
        wanted = NewReadings(reader_ids=[self.person(one).id for one in readers], blind=blind)

        def act() -> None:
            with self.state.database.write() as session:
                who = self.principal(by)
                assignments.assign(session, self.state, who, [self.image_id], wanted, None)

        self.attempt(act)

    @rule(by=st.sampled_from(REVIEWERS), left=LEFT)
    def adjudicate_by_ones_own(self, by: int, left: int) -> None:
        self.save(by, left, "lesions", True)
        with self.state.database.read() as session:
            newest = session.scalars(
                select(Mask.revision)
                .where(Mask.image_id == self.image_id, Mask.author_id == self.person(by).id)
                .order_by(Mask.revision.desc())
            ).first()
        if newest:
            self.review(by, newest, Verdict.APPROVED)

    @rule(by=st.sampled_from(REVIEWERS), reader=WHO, release=st.booleans())
    def remove(self, by: int, reader: int, release: bool) -> None:
        def act() -> None:
            with self.state.database.write() as session:
                reading = session.scalar(
                    select(Reading.id).where(
                        Reading.image_id == self.image_id,
                        Reading.reader_id == self.person(reader).id,
                    )
                )
                if reading:
                    who = self.principal(by)
                    assignments.remove(
                        session, self.state, who, self.image_id, reading, release=release
                    )

        self.attempt(act)

    @rule(by=st.sampled_from(REVIEWERS))
    def read_once(self, by: int) -> None:
        def act() -> None:
            with self.state.database.write() as session:
                assignments.read_once(session, self.state, self.principal(by), self.image_id)

        self.attempt(act)

    @rule(by=st.sampled_from(REVIEWERS), revision=REVISION, verdict=st.sampled_from(Verdict))
    def review(self, by: int, revision: int, verdict: Verdict) -> None:
        decision = decisions.Decision(revision, verdict, "Because.")

        def act() -> None:
            with self.state.database.write() as session:
                who = self.principal(by)
                decisions.decide(session, self.state, who, self.image_id, decision, None)

        self.attempt(act)

    @rule(
        by=st.sampled_from(REVIEWERS),
        which=st.integers(0, 3),
        verdict=st.sampled_from(Verdict),
    )
    def review_what_waits(self, by: int, which: int, verdict: Verdict) -> None:
        with self.state.database.read() as session:
            waiting = session.scalars(
                select(Mask.revision)
                .join(Reading, Reading.submitted_mask_id == Mask.id)
                .where(Reading.image_id == self.image_id)
                .order_by(Mask.revision)
            ).all()
        if waiting:
            self.review(by, waiting[which % len(waiting)], verdict)

    @rule(by=st.sampled_from(REVIEWERS))
    def agree(self, by: int) -> None:
        with self.state.database.read() as session:
            revisions = session.scalars(
                select(Mask.revision)
                .join(Reading, Reading.submitted_mask_id == Mask.id)
                .where(Reading.image_id == self.image_id)
            ).all()
        if len(revisions) < 2:
            return
        wanted = NewConsensus(method="majority", revisions=list(revisions))

        def act() -> None:
            with self.state.database.write() as session:
                who = self.principal(by)
                consensus.ask(session, self.state, who, self.image_id, wanted, None)

        self.attempt(act)
        self.let_the_worker_work()

    # What must hold after each action.

    @invariant()
    def the_state_follows_from_the_readings(self) -> None:
        if not hasattr(self, "image_id"):
            return
        with self.state.database.read() as session:
            image = session.get_one(Image, self.image_id)
            standings = standings_of(session, image)
            signed = frame_of(session, image.id).approved_mask_id
            readings = session.scalars(select(Reading).where(Reading.image_id == image.id)).all()
            masks = {
                mask.id: mask
                for mask in session.scalars(select(Mask).where(Mask.image_id == image.id))
            }
        self.world.seen |= {image.state, *(one.state for one in readings)}
        assert state_after(image.state, standings) == image.state
        assert image.readers_wanted == readers_wanted(image.state, standings)
        states = [one.state for one in readings]
        assert (signed is not None) == (image.state == ImageState.APPROVED)
        assert (image.approved_at is not None) == (image.state == ImageState.APPROVED)
        match image.state:
            case ImageState.UNLABELLED | ImageState.PREDICTED:
                assert not standings.begun
            case ImageState.SUBMITTED:
                assert ReadingState.SUBMITTED in states
                assert ReadingState.RETURNED not in states
            case ImageState.RETURNED:
                assert ReadingState.RETURNED in states
            case ImageState.APPROVED:
                assert set(states) <= {ReadingState.APPROVED, ReadingState.SUPERSEDED}
                assert states.count(ReadingState.APPROVED) <= 1
                assert signed is not None
                approved = masks[signed]
                assert approved.answer is not None
                assert image.split is not None
        for one in readings:
            handed_in = masks.get(one.submitted_mask_id)
            if one.state == ReadingState.OPEN:
                assert handed_in is None
            elif one.state != ReadingState.SUPERSEDED:
                assert handed_in is not None
            if handed_in is not None:
                assert (handed_in.author_id, handed_in.reading_id) == (one.reader_id, one.id)
                assert one.submitted_at is not None

    @invariant()
    def somebody_else_stands_behind_what_is_approved(self) -> None:
        if not hasattr(self, "image_id"):
            return
        with self.state.database.read() as session:
            image = session.get_one(Image, self.image_id)
            signed = frame_of(session, image.id).approved_mask_id
            if signed is None:
                return
            review = session.scalars(
                select(Review).where(Review.image_id == image.id).order_by(Review.id.desc())
            ).first()
            masks = session.scalars(select(Mask).where(Mask.image_id == image.id)).all()
        assert review is not None
        assert (review.mask_id, review.verdict) == (signed, Verdict.APPROVED)
        approved = next(one for one in masks if one.id == signed)
        equal = [
            one for one in masks if one.labels and one.labels["runs"] == approved.labels["runs"]
        ]
        authors = {one.author_id for one in equal if one.source == MaskSource.HUMAN}
        for one in equal:
            if one.source == MaskSource.CONSENSUS:
                authors |= {m.author_id for m in masks if str(m.id) in one.consensus["of"]}
        assert authors - {review.reviewer_id}

    # Helpers of the actions.

    def person(self, who: int) -> User:
        return self.world.people[who]

    def principal(self, who: int) -> Principal:
        with self.state.database.read() as session:
            return principal_of(session, self.person(who)).entering(DEFAULT_PROJECT)

    def newest_in_line(self, who: int) -> int:
        with self.state.database.read() as session:
            view = masks.view_of(session, self.image_id, self.person(who).id)
            query = select(Mask.revision).where(Mask.image_id == self.image_id, view.line)
            return session.scalars(query.order_by(Mask.revision.desc())).first() or 1

    def attempt(self, act: Any) -> None:
        before = self.everything()
        try:
            act()
        except Problem as problem:
            self.world.refused.add(problem.code)
            assert problem.status in (403, 404, 409, 422), problem.detail
            assert self.everything() == before, f"refused ({problem.code}) and acted all the same"

    def everything(self) -> dict[str, Any]:
        """Return all rows about the image except the journal of finished jobs."""
        with self.state.database.read() as session:
            return {
                table.__tablename__: sorted(
                    str([getattr(row, column.key) for column in table.__table__.columns])
                    for row in session.scalars(
                        select(table).where(
                            (table.id if table is Image else table.image_id) == self.image_id
                        )
                    )
                )
                for table in (Image, Mask, Reading, Review, Draft)
            }

    def let_the_worker_work(self) -> None:
        while run(self.world.runtime, SEGMENT_QUEUE):
            pass


def test_any_order_of_acts_by_anybody(world: World) -> None:
    machine = type("WorkHere", (Work,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_state_and_every_refusal_is_met_on_one_way_through(world: World) -> None:
    """The same actions in fixed orders, since hypothesis may stop early."""
    work = type("WorkHere", (Work,), {"world": world})()
    work.upload(0)
    for act, args in (
        (work.withdraw, (0,)),
        (work.assign, (3, [1], False)),
        (work.save, (1, 4, "lesions", False)),
        (work.save, (1, 4, "lesions", True)),
        (work.save, (1, 8, "lesions", True)),
        (work.save, (0, 8, "lesions", False)),
        (work.adjudicate_by_ones_own, (3, 8)),
        (work.review_what_waits, (4, 0, Verdict.RETURNED)),
        (work.save, (1, 8, "lesions", True)),
        (work.review_what_waits, (4, 0, Verdict.APPROVED)),
        (work.save, (0, 4, "lesions", False)),
    ):
        act(*args)
        work.the_state_follows_from_the_readings()
        work.somebody_else_stands_behind_what_is_approved()
    assert world.seen == {*ImageState} - {ImageState.UNLABELLED} | {*ReadingState}
    assert world.refused == {"own-reading", "not-submitted", "submitted", "in-review", "approved"}
