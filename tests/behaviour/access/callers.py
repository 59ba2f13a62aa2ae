"""Callers of every kind, and an object and a request for each route."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx

from app.accounts.access import Scope
from app.accounts.tables import ApiToken, Role, User
from app.bulk.tables import BulkAct
from app.bundles.tables import BundleKey
from app.core.database import Base
from app.evaluations.tables import Evaluation, FrozenSet
from app.exports.tables import Export
from app.images.tables import Image
from app.imports.tables import Import
from app.jobs.tables import Job, JobState
from app.label_sets.tables import LabelSet
from app.projects.tables import DEFAULT_PROJECT, LESION_SET_ID, PeopleGroup, Project
from app.promotions.tables import PromotionRequest
from app.training.tables import TrainingRun
from app.uploads.tables import PartialUpload
from tests.behaviour.access.rows import add_group, add_upload
from tests.behaviour.bundles.rows import add_bundle_key, new_key
from tests.behaviour.dicom.sending import STUDY, archive, instance, one_instance
from tests.behaviour.exports.rows import add_export, add_import, add_pooled, ellipses, speckle
from tests.behaviour.label_sets.rows import add_label_set
from tests.behaviour.promotions.rows import add_evaluation, add_promotion_request, add_reference_set
from tests.behaviour.reviews import rows as reviews
from tests.behaviour.training.rows import add_training_run
from tests.running_site import PASSWORD, Site, drawing, picture

NO_LINK = {"token": "not-a-link"}
NEW_PASSWORD = "another lantern entirely"

BODIES: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
    ("POST", "/setup"): lambda: {
        **NO_LINK,
        "name": "Ada",
        "email": "ada@example.org",
        "password": PASSWORD,
    },
    ("POST", "/invitations/lookup"): lambda: NO_LINK,
    ("POST", "/invitations/accept"): lambda: {**NO_LINK, "password": PASSWORD},
    ("POST", "/forgotten-passwords"): lambda: {"email": "annotator@example.org"},
    ("PUT", "/session/password"): lambda: {
        "current_password": PASSWORD,
        "new_password": NEW_PASSWORD,
    },
    ("POST", "/users"): lambda: {
        "name": "Ada",
        "email": f"{uuid4().hex}@example.org",
        "role": "annotator",
    },
    ("PUT", "/session/preferences/keys"): dict,
    ("PUT", "/session/preferences/worklist"): dict,
    ("PUT", "/session/language"): lambda: {"language": "de"},
    ("PATCH", "/users/{user_id}"): lambda: {"name": "Somebody Else"},
    ("POST", "/tokens"): lambda: {"name": "script", "scopes": ["read"]},
    ("POST", "/uploads"): lambda: {"size": 9},
    ("POST", "/images/{image_id}/segment"): dict,
    ("POST", "/images/{image_id}/refine"): lambda: {
        "width": 32,
        "height": 24,
        "mask": [0, 32 * 24],
        "scribbles": [0, 300, 1, 4, 0, 32 * 24 - 304],
    },
    ("POST", "/images/{image_id}/box"): lambda: {
        "box": {"top": 4, "left": 4, "height": 8, "width": 8}
    },
    ("POST", "/images/{image_id}/point"): lambda: {"point": {"row": 8, "column": 8}},
    ("POST", "/images/{image_id}/masks"): lambda: {
        "parent_revision": 1,
        "labels": drawing(),
        "answer": "lesions",
        "seconds": 4,
    },
    ("POST", "/images/{image_id}/masks/{revision}/restore"): lambda: {"parent_revision": 1},
    ("PUT", "/images/{image_id}/draft"): lambda: {
        "version": 0,
        "parent_revision": 1,
        "labels": drawing(),
        "seconds": 4,
    },
    ("POST", "/images/{image_id}/suggestions"): dict,
    ("POST", "/images/{image_id}/suggestions/accept"): lambda: {"first": 0, "last": 0},
    ("POST", "/images/{image_id}/suggestions/reject"): lambda: {"first": 0, "last": 0},
    ("POST", "/images/{image_id}/suggestions/undo"): lambda: {"decision": str(uuid4())},
    ("PUT", "/images/{image_id}/calibration"): lambda: {"px": 10, "mm": 2},
    ("PUT", "/images/{image_id}/presence"): lambda: {"editing": True},
    ("POST", "/images/{image_id}/pins"): lambda: {"x": 3, "y": 2, "text": "A shadow?"},
    ("POST", "/images/{image_id}/pins/{pin_id}/comments"): lambda: {"text": "Gain."},
    ("PUT", "/images/{image_id}/pins/{pin_id}"): lambda: {"resolved": True},
    ("POST", "/images/{image_id}/redactions"): lambda: {
        "areas": [{"kind": "rectangle", "top": 1, "left": 2, "height": 3, "width": 4}]
    },
    ("PUT", "/images/{image_id}/suspected-text/{area_id}"): lambda: {"judgement": "kept"},
    ("POST", "/text-search"): dict,
    ("POST", "/training-runs"): dict,
    ("POST", "/evaluations"): lambda: {"model": "absent@1.0.0"},
    ("POST", "/shadow"): lambda: {"model": "absent@1.0.0", "reason": "To see."},
    ("POST", "/promotion-requests"): lambda: {"model": "absent@1.0.0", "reason": "Needed."},
    ("POST", "/reference-sets"): lambda: {"project_id": str(DEFAULT_PROJECT), "name": "Ours"},
    ("POST", "/bundle-keys"): lambda: {"key": new_key(), "name": f"Site {uuid4().hex}"},
    ("POST", "/deployments"): lambda: {"model": "absent@1.0.0", "reason": "Better."},
    ("PUT", "/models/{name}/{version}/rejection"): lambda: {"reason": "Worse."},
    ("POST", "/deployments/rollback"): lambda: {"reason": "Worse."},
    ("PUT", "/models/{name}/{version}/classes"): lambda: {"targets": {}},
    ("POST", "/exports"): lambda: {"format": "png"},
    ("POST", "/exports/preview"): lambda: {"format": "png"},
    ("POST", "/imports/{import_id}/apply"): dict,
    ("PATCH", "/site-settings"): lambda: {"images_per_person": 100_000},
    ("POST", "/service-accounts"): lambda: {"name": f"Machine {uuid4().hex}"},
    ("POST", "/projects"): lambda: {"name": f"Project {uuid4().hex}"},
    ("POST", "/groups"): lambda: {"name": f"Group {uuid4().hex}"},
    ("PATCH", "/groups/{people_group_id}"): lambda: {"name": f"Group {uuid4().hex}"},
    ("PUT", "/projects/{project_id}/groups/{people_group_id}"): lambda: {"role": "reviewer"},
    ("POST", "/projects/{project_id}/retention-preview"): lambda: {"kind": "jobs", "days": 90},
    ("PUT", "/projects/{project_id}/retention/{kind}"): lambda: {"days": 90},
    ("PATCH", "/projects/{project_id}"): lambda: {"purpose": "breast"},
    ("PUT", "/projects/{project_id}/members/{user_id}"): lambda: {"role": "reviewer"},
    ("POST", "/projects/{project_id}/destinations"): lambda: {
        "name": f"PACS {uuid4().hex}",
        "protocol": "stow-rs",
        "url": "https://pacs.example.org/dicom-web",
    },
    ("PATCH", "/projects/{project_id}/destinations/{destination_id}"): dict,
    ("PATCH", "/projects/{project_id}/webhooks/{webhook_id}"): dict,
    ("POST", "/projects/{project_id}/webhooks"): lambda: {
        "url": "https://his.example.org/sonoloop",
        "events": ["approved"],
    },
    ("POST", "/images/{image_id}/deliveries"): lambda: {"destination_id": str(uuid4())},
    ("POST", "/projects/{project_id}/members"): lambda: {
        "email": "annotator@example.org",
        "role": "annotator",
    },
    ("POST", "/label-sets"): lambda: {"name": "Ovary", "ready": "o-rads-us"},
    ("PUT", "/projects/{project_id}/label-set"): lambda: {"label_set_id": str(LESION_SET_ID)},
    ("PUT", "/label-sets/{label_set_id}"): lambda: {
        "version": 1,
        "name": "Ovary",
        "classes": [{"name": "cyst", "colour": "#4fc3f7"}],
    },
}
STATES = {
    ("DELETE", "/jobs/{job_id}"): JobState.QUEUED,
    ("POST", "/jobs/{job_id}/retry"): JobState.FAILED,
    ("DELETE", "/project-jobs/{job_id}"): JobState.RUNNING,
    ("POST", "/project-jobs/{job_id}/retry"): JobState.FAILED,
}


@dataclass
class Caller:
    """A person with a client."""

    user: User
    client: httpx.Client


def caller(site: Site, name: str) -> Caller:
    """Return a new caller of that kind.

    Each connection is closed after its response: the server would keep it open for five seconds,
    which on a fast machine adds up to more connections than one address may have at once.
    """
    by = _new(site, name)
    by.client.headers["Connection"] = "close"
    return by


def _new(site: Site, name: str) -> Caller:
    if name == "nobody":
        return Caller(site.add_person(), site.anonymous())
    if name.startswith("token:"):
        scope = name.removeprefix("token:")
        user = site.add_person(Role.ADMIN if scope == "admin" else Role.ANNOTATOR)
        if scope == "away":
            away = site.add_project()
            site.add_member(away, user, Role.ADMIN)
            return Caller(user, site.script(user, *Scope, project_id=away))
        return Caller(user, site.script(user, scope))
    if name == "project-admin":
        user = site.add_person(Role.ANNOTATOR)
        site.add_member(DEFAULT_PROJECT, user, Role.ADMIN)
        return Caller(user, site.browser(user))
    user = site.add_person(name)
    return Caller(user, site.browser(user))


_readers: dict[tuple[str, str], Caller] = {}


def reader(site: Site, name: str) -> Caller:
    """Return the caller of that kind for requests that only read or are refused: one for all tests
    of a site."""
    if (site.url, name) not in _readers:
        _readers[site.url, name] = caller(site, name)
    known = _readers[site.url, name]
    client = site.anonymous()
    client.headers, client.cookies = known.client.headers, known.client.cookies
    return Caller(known.user, client)


COUNTED_BESIDE_REQUESTS = ("last_seen_at", "stored_bytes")
"""Columns that the site writes at unpredictable times."""


@dataclass
class Target:
    """The object of a request: its table and its id."""

    table: type[Base]
    id: UUID
    reading: UUID | None = None
    area: UUID | None = None
    """The id of an area of suspected text, or of a pin."""
    member: UUID | None = None
    """The id of a member of a project or a group, or of a project's group."""

    def row(self, site: Site) -> dict[str, Any] | None:
        """Return the object's row in the database, or None if it has none."""
        with site.database.read() as session:
            entry = session.get(self.table, self.id)
            if entry is None:
                return None
            return {
                column.key: getattr(entry, column.key)
                for column in entry.__table__.columns
                if column.key not in COUNTED_BESIDE_REQUESTS
            }


def target(
    site: Site, method: str, path: str, owner: User, project: UUID = DEFAULT_PROJECT
) -> Target | None:
    """Create an object for the route, with this owner, in this project."""
    if path.startswith("/groups/"):
        return Target(PeopleGroup, add_group(site, owner), member=owner.id)
    if "{user_id}" in path and "{project_id}" not in path:
        return Target(User, owner.id)
    if "{token_id}" in path:
        return Target(ApiToken, site.token(owner, "read")[0].id)
    if "{image_id}" in path:
        image_id = site.add_image(owner, project)
        if path.endswith("/labels"):
            site.add_revision(image_id, owner)
        elif path.endswith("/draft") and method != "PUT":
            site.add_draft(image_id, owner)
        reading = reviews.prepare(site, path, image_id, owner)
        area = site.add_suspected(image_id) if "{area_id}" in path else None
        if "{pin_id}" in path:
            area = reviews.add_pin(site, owner, image_id)
        return Target(Image, image_id, reading, area)
    if "{bulk_act_id}" in path:
        return Target(BulkAct, reviews.add_bulk_act(site, owner, project))
    if path == "/readings":
        return Target(Image, site.add_image(owner, project))
    if "{export_id}" in path:
        return Target(Export, add_export(site, owner, project))
    if "{training_run_id}" in path:
        return Target(TrainingRun, add_training_run(site, owner, project))
    if "{evaluation_id}" in path:
        return Target(Evaluation, add_evaluation(site, owner, project))
    if "{promotion_request_id}" in path:
        return Target(PromotionRequest, add_promotion_request(site, owner, project))
    if "{reference_set_id}" in path:
        return Target(FrozenSet, add_reference_set(site, owner, project))
    if "{bundle_key_id}" in path:
        return Target(BundleKey, add_bundle_key(site, owner))
    if "{import_id}" in path:
        return Target(Import, add_import(site, owner, project_id=project))
    if path == "/exports":
        add_pooled(site, owner, speckle(1), ellipses((20, 30)))
    if "{label_set_id}" in path:
        return Target(LabelSet, add_label_set(site))
    if "{project_id}" in path:
        member = site.add_person(project_id=project) if "{user_id}" in path else None
        site.person(Role.ANNOTATOR)  # the person that a request adds
        if "{people_group_id}" in path:
            return Target(Project, project, member=add_group(site, owner))
        return Target(Project, project, member=member.id if member else None)
    if "{upload_id}" in path:
        return Target(PartialUpload, add_upload(site, owner, project))
    if "{job_id}" in path:
        return Target(Job, site.add_job(owner, STATES.get((method, path), JobState.DONE), project))
    return None


def send(site: Site, client: httpx.Client, method: str, path: str, who: User) -> httpx.Response:
    """Send the row's request, valid in all other respects, and return the response."""
    key = (method, path.partition("?")[0])
    if key == ("POST", "/session"):
        return client.post(path, json={"email": who.email, "password": PASSWORD})
    if key == ("POST", "/segment"):
        content, kind = picture("PNG"), {"Content-Type": "image/png"}
        return client.post("/segment", params={"wait": 0}, content=content, headers=kind)
    if method == "PATCH" and path.startswith("/uploads/"):
        return client.patch(path, params={"offset": 0}, content=b"part")
    if path.startswith("/dicomweb/studies"):
        return client.post(path, **one_instance())
    if key == ("POST", "/images"):
        kind = {"Content-Type": "application/zip"}
        return client.post(path, content=archive({"one": instance(0)}), headers=kind)
    if key in {("POST", "/models"), ("POST", "/bundles")}:
        return client.post(path, files={"file": ("x.zip", b"")})
    if key == ("POST", "/imports"):
        return client.post("/imports", files={"file": ("x.zip", b"PK\x05\x06" + bytes(18))})
    with client.stream(method, path) as answer:  # an endless one, like /events, is not read
        kind = answer.headers.get("Content-Type", "")
        if method == "GET" and kind.startswith("text/event-stream"):
            return answer
        answer.read()
        return answer


def request(site: Site, by: Caller, method: str, path: str, thing: Target | None) -> httpx.Response:
    """Send the row's request as that caller."""
    address = path.replace("{path:path}", "worklist").replace("{study}", STUDY)
    address = address.replace("{frame_index}", "0").replace("{kind}", "jobs")
    address = address.replace("{revision}", "2" if path.endswith("/labels") else "1")
    if thing and thing.member:
        address = address.replace("{user_id}", str(thing.member))
        if thing.table is Project:
            address = address.replace("{people_group_id}", str(thing.member))
    ids = ("user_id", "token_id", "image_id", "job_id", "export_id", "import_id")
    more = ("evaluation_id", "reference_set_id", "promotion_request_id", "bundle_key_id")
    some = ("label_set_id", "project_id", "training_run_id", "bulk_act_id", "people_group_id")
    some += ("upload_id",)
    for name in (*ids, *more, *some):
        address = address.replace("{" + name + "}", str(thing.id if thing else ""))
    if thing and thing.reading:
        for name in ("reading_id", "review_id"):
            address = address.replace("{" + name + "}", str(thing.reading))
    address = address.replace("{whose}", "before")
    for name in ("destination_id", "webhook_id", "mask_id"):
        address = address.replace("{" + name + "}", str(uuid4()))
    for name in ("area_id", "pin_id"):
        within = thing.area if thing and thing.area else uuid4()
        address = address.replace("{" + name + "}", str(within))
    path = path.replace("/frames/{frame_index}", "")  # bodies are listed by the short path
    review = reviews.body(method, path, by.user.id, thing.id if thing else None)
    if review is not None:
        return by.client.request(method, address, json=review)
    body = BODIES.get((method, path))
    if body is not None:
        return by.client.request(method, address, json=body())
    return send(site, by.client, method, address, by.user)
