"""A running site for tests: a migrated database, blobs, a broker, and the API on a port.

There is no worker, so jobs stay queued. Helpers insert the rows that a worker would create.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
from PIL import Image as Picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import memberships, sessions, tokens
from app.accounts.access import Scope
from app.accounts.authentication import cookie_name
from app.accounts.tables import ApiToken, Role, User
from app.core.audit import SYSTEM
from app.core.blobs import BlobStore, open_blobs
from app.core.broker import SEGMENT_QUEUE
from app.core.database import Database
from app.core.ids import new_id, now
from app.core.security import SiteKey, hash_password, load_site_key
from app.core.settings import Settings
from app.images.tables import (
    Frame,
    Image,
    ImageState,
    Region,
    frame_key,
    mask_key,
    overlay_key,
    thumbnail_key,
)
from app.jobs.tables import Job, JobKind, JobState, source_key
from app.masks.tables import Assessment, Draft, Mask, MaskSource
from app.model_versions.tables import ModelVersion, file_key
from app.projects.tables import DEFAULT_PROJECT, Project
from app.redaction.tables import SuspectedText
from app.reviews.tables import Agreement, Reading, ReadingState, Review, Verdict
from app.serve.api import build_server
from tests.connections import BRIEFLY
from tests.databases import migrate

PASSWORD = "correct lantern sonography"


@cache
def password_hash() -> str:
    """Return the hash of :data:`PASSWORD`, cached because hashing is slow by design."""
    return hash_password(PASSWORD)


@dataclass
class Site:
    """A running site, with clients for various people.

    Clients are closed with the site.
    """

    settings: Settings
    url: str
    database: Database
    blobs: BlobStore
    key: SiteKey
    _people: dict[Role, User] = field(default_factory=dict)
    _clients: list[httpx.Client] = field(default_factory=list)

    def person(self, role: Role | str) -> User:
        """Return the site's one person with this role; the password is ``PASSWORD``."""
        role = Role(role)
        if role not in self._people:
            self._people[role] = self.add_person(role, f"{role}@example.org")
        return self._people[role]

    def add_person(
        self,
        role: Role | str = Role.ANNOTATOR,
        email: str | None = None,
        project_id: UUID = DEFAULT_PROJECT,
    ) -> User:
        """Add an active person with the password ``PASSWORD`` to this project.

        An admin of the first project is also a site admin.
        """
        with self.database.write() as session:
            user = User(
                name="A. Person",
                email=email or f"{new_id().hex}@example.org",
                site_admin=Role(role) is Role.ADMIN and project_id == DEFAULT_PROJECT,
                password_hash=password_hash(),
            )
            session.add(user)
            session.flush()
            memberships.put(session, project_id, user.id, Role(role))
        return user

    def add_project(self, name: str | None = None, **rules: Any) -> UUID:
        """Add a project without members and return its id."""
        with self.database.write() as session:
            project = Project(name=name or f"Project {new_id().hex}", **rules)
            session.add(project)
        return project.id

    def add_member(self, project_id: UUID, user: User, role: Role | str = Role.ANNOTATOR) -> None:
        """Make a person a member of a project."""
        with self.database.write() as session:
            memberships.put(session, project_id, user.id, Role(role))

    def anonymous(self, **headers: str) -> httpx.Client:
        """Return a client without credentials."""
        # Plain HTTP needs no certificates, and loading them takes longer than a request.
        client = httpx.Client(
            base_url=self.url, headers=headers, timeout=60, limits=BRIEFLY, verify=False
        )
        self._clients.append(client)
        return client

    def browser(self, who: User | Role | str) -> httpx.Client:
        """Return a client signed in as this person, or as the site's person with this role."""
        user = who if isinstance(who, User) else self.person(who)
        with self.database.write() as session:
            browser = sessions.begin(session, self.settings, user)
        client = self.anonymous(Origin=self.url)
        client.cookies.set(cookie_name(self.settings), browser.secret, "127.0.0.1")
        return client

    def token(
        self, who: User | Role | str, *scopes: Scope | str, project_id: UUID | None = None
    ) -> tuple[ApiToken, str]:
        """Return a token of this person, optionally limited to a project, and its secret."""
        user = who if isinstance(who, User) else self.person(who)
        chosen = [Scope(scope) for scope in scopes]
        with self.database.write() as session:
            return tokens.create(
                session, self.key, SYSTEM, user, "a script", chosen, project_id=project_id
            )

    def script(
        self, who: User | Role | str, *scopes: Scope | str, project_id: UUID | None = None
    ) -> httpx.Client:
        """Return a client with a token of this person, optionally limited to a project."""
        secret = self.token(who, *scopes, project_id=project_id)[1]
        return self.anonymous(Authorization=f"Bearer {secret}")

    def add_image(self, owner: User, project_id: UUID = DEFAULT_PROJECT) -> UUID:
        """Add a stored image with one mask, as a worker would, and return its id."""
        with self.database.write() as session:
            image = Image(
                id=new_id(),
                project_id=project_id,
                owner_id=owner.id,
                pixel_sha256=new_id().hex * 2,
                format="png",
                state=ImageState.PREDICTED,
                lesion_count=1,
                uncertainty_score=0.25,
                model_name="test",
                model_version="1",
            )
            frame = Frame(
                id=new_id(),
                image_id=image.id,
                width=32,
                height=24,
                blanked=[],
                lesion_count=1,
                uncertainty_score=0.25,
            )
            mask = Mask(
                id=new_id(),
                image_id=image.id,
                frame_id=frame.id,
                revision=1,
                source=MaskSource.MODEL,
                model_name="test",
                model_version="1",
                result=stored_result(),
                settings_digest="0" * 64,
            )
            frame.latest_mask_id = mask.id
            region = Region(
                image_id=image.id, number=0, top=0, left=0, height=24, width=32, kind="2-d"
            )
            for row in (image, frame, region, mask):
                session.add(row)
                session.flush()
        self.blobs.put(frame_key(image.id, None), picture("PNG"))
        self.blobs.put(thumbnail_key(image.id, None), picture("JPEG"))
        self.blobs.put(mask_key(image.id, mask.id), picture("PNG", "1"))
        self.blobs.put(overlay_key(image.id, None, mask.id), picture("PNG"))
        return image.id

    def add_revision(self, image_id: UUID, author: User) -> int:
        """Add an unmeasured revision drawn by that person and return its number."""
        with self.database.write() as session:
            last = session.scalars(
                select(Mask).where(Mask.image_id == image_id).order_by(Mask.revision.desc())
            ).first()
            assert last is not None
            kept = drawing()
            mask = Mask(
                id=new_id(),
                image_id=image_id,
                frame_id=last.frame_id,
                revision=last.revision + 1,
                parent_id=last.id,
                source=MaskSource.HUMAN,
                author_id=author.id,
                answer=Assessment.LESIONS,
                labels={"runs": kept["runs"], "names": kept["names"]},
                seconds=4.0,
            )
            session.add(mask)
        self.blobs.put(mask_key(image_id, mask.id), picture("PNG", "1"))
        return mask.revision

    def add_reading(self, image_id: UUID, reader: User, *, submitted: bool = True) -> UUID:
        """Add a reading by that person; if submitted, with a revision that awaits review."""
        number = self.add_revision(image_id, reader) if submitted else 0
        with self.database.write() as session:
            reading = Reading(id=new_id(), image_id=image_id, reader_id=reader.id)
            session.add(reading)
            image = session.get_one(Image, image_id)
            image.readers_wanted = 0
            if submitted:
                mask = session.scalars(
                    select(Mask).where(Mask.image_id == image_id, Mask.revision == number)
                ).one()
                mask.reading_id = reading.id
                reading.state, reading.submitted_at = ReadingState.SUBMITTED, now()
                reading.submitted_mask_id = mask.id
                image.state = ImageState.SUBMITTED
        return reading.id

    def add_review(self, image_id: UUID, reader: User) -> UUID:
        """Add a reviewer's decision to return what that person submitted."""
        reading_id = self.add_reading(image_id, reader)
        reviewer = self.add_person(Role.REVIEWER)
        with self.database.write() as session:
            reading = session.get_one(Reading, reading_id)
            assert reading.submitted_mask_id
            reading.state = ReadingState.RETURNED
            session.get_one(Image, image_id).state = ImageState.RETURNED
            review = Review(
                id=new_id(),
                image_id=image_id,
                mask_id=reading.submitted_mask_id,
                reviewer_id=reviewer.id,
                verdict=Verdict.RETURNED,
                comment="The rim is too wide.",
            )
            session.add(review)
            return review.id

    def add_agreement(self, image_id: UUID) -> None:
        """Add two submitted blind readings of the image and their agreement."""
        people = [self.add_person(), self.add_person()]
        readings = [self.add_reading(image_id, one) for one in people]
        with self.database.write() as session:
            first, second = (session.get_one(Reading, one) for one in readings)
            first.blind = second.blind = True
            assert first.submitted_mask_id and second.submitted_mask_id
            session.add(
                Agreement(
                    frame_id=session.get_one(Mask, first.submitted_mask_id).frame_id,
                    image_id=image_id,
                    first_mask_id=first.submitted_mask_id,
                    second_mask_id=second.submitted_mask_id,
                    dice=0.75,
                    iou=0.6,
                    hd95_px=3.0,
                    first_present=True,
                    second_present=True,
                )
            )

    def add_draft(self, image_id: UUID, author: User) -> None:
        """Add a draft of that person on the image's frame, with the reading it started."""
        kept = drawing()
        with self.database.write() as session:
            frame = frame_of(session, image_id)
            session.add(Reading(image_id=image_id, reader_id=author.id))
            session.add(
                Draft(
                    frame_id=frame.id,
                    image_id=image_id,
                    user_id=author.id,
                    version=1,
                    labels={"runs": kept["runs"], "names": kept["names"]},
                )
            )

    def add_suspected(self, image_id: UUID, *boxes: tuple[int, int, int, int]) -> UUID:
        """Add suspected text areas (top, left, height, width) and return the last one's id."""
        with self.database.write() as session:
            for frame in session.scalars(select(Frame).where(Frame.image_id == image_id)):
                frame.blanked = []
            for top, left, height, width in boxes or [(4, 5, 6, 7)]:
                area = SuspectedText(
                    image_id=image_id,
                    top=top,
                    left=left,
                    height=height,
                    width=width,
                    kind="text",
                    score=0.8,
                )
                session.add(area)
        return area.id

    def add_job(
        self,
        owner: User,
        state: JobState = JobState.QUEUED,
        project_id: UUID = DEFAULT_PROJECT,
    ) -> UUID:
        """Add a job in this state: a done one has a stored image, a failed one can be retried."""
        done, failed = state == JobState.DONE, state == JobState.FAILED
        image_id = self.add_image(owner, project_id) if done else None
        problem = {"type": "urn:sonoloop:problem:worker-lost", "title": "Internal Server Error"}
        problem |= {"status": 500, "detail": "The worker was lost.", "code": "worker-lost"}
        with self.database.write() as session:
            result = None
            if image_id:
                mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
                ids = {"mask_id": str(mask.id), "frame_id": str(mask.frame_id)}
                result = stored_result() | ids
            job = Job(
                id=new_id(),
                project_id=project_id,
                owner_id=owner.id,
                state=state,
                kind=JobKind.PREDICT if done else JobKind.INGEST,
                queue=SEGMENT_QUEUE,
                input_bytes=0 if done else 1,
                image_id=image_id,
                result=result,
                problem=problem if failed else None,
                retryable=failed,
                finished_at=now() if done or failed else None,
            )
            session.add(job)
        if not done:
            self.blobs.put(source_key(job.id), picture("PNG"))
        return job.id

    def close(self) -> None:
        """Close the site's clients and its database."""
        for client in self._clients:
            client.close()
        self.database.dispose()


@contextmanager
def running_site(settings: Settings) -> Iterator[Site]:
    """Run the API in this process, on a free port, with uvicorn as in production."""
    migrate(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    server = build_server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    site = Site(
        settings,
        f"http://127.0.0.1:{settings.port}",
        Database(settings.database),
        open_blobs(settings),
        load_site_key(settings),
    )
    try:
        deadline = time.monotonic() + 120
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the api did not start")
            time.sleep(0.01)
        yield site
    finally:
        site.close()
        server.should_exit = True
        thread.join(60)
        listener.close()


def frame_of(session: Session, image_id: UUID, index: int = 0) -> Frame:
    """Return a frame of the image."""
    query = select(Frame).where(Frame.image_id == image_id, Frame.index == index)
    return session.scalars(query).one()


def model_blobs(session: Session) -> set[str]:
    """Return the keys of the files of all stored models."""
    versions = session.scalars(select(ModelVersion).where(ModelVersion.digest.is_not(None)))
    return {file_key(str(one.digest), name) for one in versions for name in one.files or ()}


@cache
def picture(kind: str, mode: str = "L") -> bytes:
    """Return a picture of 32 × 24 px."""
    out = BytesIO()
    Picture.new(mode, (32, 24), 1).save(out, kind)
    return out.getvalue()


def drawing() -> dict[str, Any]:
    """Return labels of a frame of 32 × 24 px as a browser sends them: two lesions, one named."""
    runs = [0, 132, 1, 8, 0, 24, 1, 8, 2, 3, 0, 593]
    return {"width": 32, "height": 24, "runs": runs, "names": {"1": "Cyst"}}


def stored_result() -> dict[str, Any]:
    """Return a result as it is stored in rows."""
    box = {"top": 4, "left": 4, "height": 8, "width": 8}
    lesion = {
        "label": 1,
        "contour": [[4, 4], [12, 4], [12, 12], [4, 12]],
        "area_px": 64,
        "area_mm2": None,
        "box": box,
        "long_axis_px": 11.3,
        "short_axis_px": 11.3,
        "long_axis_mm": None,
        "short_axis_mm": None,
        "mean_probability": 0.9,
    }
    model = {"name": "test", "version": "1", "sha256": "0" * 64}
    return {
        "width": 32,
        "height": 24,
        "spacing_mm": None,
        "crop": {"top": 0, "left": 0, "height": 24, "width": 32},
        "lesions": [lesion],
        "uncertainty": {"score": 0.25, "reasons": []},
        "provenance": {"model": model, "settings": {}, "software": "test", "provider": "CPU"},
        "timings_ms": {"total": 1.0},
    }
