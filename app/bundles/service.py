"""Trusted keys, outgoing bundles, and incoming bundles."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.access import Principal
from app.accounts.idempotency import fingerprint
from app.bundles.evaluation import evaluation_rows
from app.bundles.jobs import BUNDLE, BundleParameters
from app.bundles.schemas import BundleDetails, BundleKeyDetails, BundleKeyList, NewBundleKey
from app.bundles.signing import own_key, require_key
from app.bundles.tables import BundleKey, BundleKind, ReceivedBundle
from app.bundles.writing import Member, bundle
from app.core import audit
from app.core.blobs import BlobStore
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.problems import Problem, ProblemDetails, not_found
from app.core.security import SiteKey
from app.core.state import State
from app.core.uploads import Upload
from app.exports import service as exports
from app.exports.tables import Export, ExportFormat
from app.jobs.service import Presentation, present
from app.jobs.tables import Job, JobKind
from app.jobs.uploads import keep_as_job
from app.model_versions.service import version_of
from app.model_versions.tables import ModelVersion, file_key
from app.reviews.access import hides_image

SHOWN = 20
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")

present(Presentation(BUNDLE, hides_image))


def keys(session: Session, key: SiteKey) -> BundleKeyList:
    """Return this site's own key and the keys that it trusts now."""
    query = select(BundleKey).where(BundleKey.revoked_at.is_(None)).order_by(BundleKey.id)
    return BundleKeyList(own=own_key(key), items=[_key(one) for one in session.scalars(query)])


def trust(
    session: WriteSession, key: SiteKey, principal: Principal, new: NewBundleKey
) -> BundleKeyDetails:
    """Trust the key of another site from now on.

    Raises:
        Problem: 409 if it is already trusted or is this site's own; 422 if it is not a key.
    """
    lock(session, "bundles")
    text = require_key(new.key)
    if text == own_key(key):
        raise Problem(409, "own-key", "This is the key of this site; name that of another one.")
    known = select(BundleKey).where(BundleKey.revoked_at.is_(None))
    for one in session.scalars(known):
        if one.key == text:
            raise Problem(409, "trusted-already", f"This key is trusted already as “{one.name}”.")
        if one.name == new.name:
            raise Problem(409, "name-taken", "Another key has this name; choose another.")
    made = BundleKey(key=text, name=new.name, created_by_id=principal.user.id)
    session.add(made)
    session.flush()
    audit.record(
        session, key, principal.actor, "bundle-key.trusted", "bundle_key", made.id, public_key=text
    )
    return _key(made)


def revoke(session: WriteSession, key: SiteKey, principal: Principal, key_id: UUID) -> None:
    """Stop trusting a key. What was imported with it stays.

    Raises:
        Problem: 404.
    """
    found = session.get(BundleKey, key_id)
    if found is None or found.revoked_at is not None:
        raise not_found("key")
    found.revoked_at = now()
    audit.record(
        session,
        key,
        principal.actor,
        "bundle-key.revoked",
        "bundle_key",
        key_id,
        public_key=found.key,
    )


def _key(one: BundleKey) -> BundleKeyDetails:
    return BundleKeyDetails(id=one.id, key=one.key, name=one.name, created_at=one.created_at)


def model_bundle(
    session: WriteSession, state: State, principal: Principal, name: str, *, counts: bool = True
) -> Iterator[bytes]:
    """Yield a bundle of a version's files and its evaluation's rows, without images, in pieces.

    Args:
        counts: whether it leaves the site, which the audit log notes.

    Raises:
        Problem: 404; 409 if its files are not here.
    """
    model = version_of(session, name)
    if model.digest is None:
        raise Problem(409, "not-here", f"No bytes of {name} are here; import it.")
    members = _files(state.blobs, model)
    rows = evaluation_rows(session, state.site_key, model)
    if rows is not None:
        members["evaluation.json"] = Member.of(rows)
    pool = (model.card.get("data") or {}).get("pool") or {}
    about = {
        "kind": "model",
        "model": {
            "name": model.name,
            "version": model.version,
            "digest": model.digest,
            "parent": (model.card.get("training") or {}).get("parent"),
            "parent_digest": model.parent_digest,
            "training_images": int(pool.get("training_images", 0)),
        },
    }
    if counts:
        _record(session, state, principal, "model", name[:60], digest=model.digest)
    return bundle(state.site_key, state.settings.export_licence, about, members)


def _files(blobs: BlobStore, model: ModelVersion) -> dict[str, Member]:
    digest = model.digest or ""
    sizes = {one.key: one.size for one in blobs.list(file_key(digest, ""))}
    members = {}
    for name, sha256 in sorted((model.files or {}).items()):
        key = file_key(digest, name)
        if key not in sizes:
            raise Problem(409, "not-here", f"{name} of {model.name} is not here; import it again.")
        members[name] = Member(sizes[key], str(sha256), blobs.stream(key))
    return members


def pool_bundle(
    session: WriteSession,
    state: State,
    principal: Principal,
    export: Export,
    *,
    counts: bool = True,
) -> Iterator[bytes]:
    """Yield a bundle of a finished export in pieces.

    Args:
        counts: whether it leaves the site, which the audit log notes.

    Raises:
        Problem: 409 if it is not finished, or its format cannot be imported again bit for bit; 410
            if it expired.
    """
    if export.format is not ExportFormat.PNG:
        raise Problem(
            409, "not-png", "A bundle contains an export in PNG format; create one first."
        )
    pieces = exports.archive(session, state.blobs, export, 0, export.size_bytes or 0)
    members = {"pool.zip": Member(export.size_bytes or 0, export.sha256 or "", pieces)}
    there = export.counts
    about = {
        "kind": "pool",
        "pool": {
            "images": there["images"] - export.left_out,
            "patients": there["subjects"] + there.get("without_subject", 0),
        },
    }
    if counts:
        _record(session, state, principal, "export", export.id)
    return bundle(state.site_key, export.licence, about, members)


def _record(
    session: WriteSession, state: State, principal: Principal, kind: str, what: Any, **detail: Any
) -> None:
    audit.record(session, state.site_key, principal.actor, "bundle.exported", kind, what, **detail)


def require_site_admin(principal: Principal) -> None:
    """Refuse admins of single projects, because an imported model is for all projects.

    Raises:
        Problem: 403.
    """
    confined = principal.token is not None and principal.token.project_id is not None
    if not principal.user.site_admin or confined:
        raise Problem(403, "role-missing", "Only a site admin handles bundles of other sites.")


def accept(
    state: State, principal: Principal, upload: Upload, name: str | None, key: str | None
) -> UUID:
    """Store a bundle and queue its import. Once this returns, it survives any crash.

    Args:
        name: the name that its model gets here; null keeps its own.

    Returns:
        The job's id.

    Raises:
        Problem: 400 if it is empty, 415 if it is not a ZIP, 422 if the name is invalid or the key
            was used for something else.
        BlobStoreFullError: nothing was stored.
    """
    upload.require_zip("not-a-bundle", "This is not a bundle from a site; choose another file.")
    if name is not None and not _NAME.fullmatch(name):
        raise Problem(422, "bad-name", "A model's name has small letters, figures and hyphens.")
    return keep_as_job(
        state,
        principal,
        upload,
        BUNDLE,
        BundleParameters(name=name),
        project_id=principal.project,
        event="bundle.sent",
        asked=fingerprint("bundle", principal.project, upload.sha256, name or ""),
        key=key,
    )


def seen(state: State, job_id: UUID) -> BundleDetails:
    """Return a bundle as JSON."""
    with state.database.read() as session:
        job = session.get_one(Job, job_id)
        found = session.scalar(select(ReceivedBundle).where(ReceivedBundle.job_id == job_id))
        return _details(session, job, found)


def recent(session: Session) -> list[BundleDetails]:
    """Return the last bundles that anybody sent here, newest first."""
    received = {
        one.job_id: one
        for one in session.scalars(
            select(ReceivedBundle).order_by(ReceivedBundle.id.desc()).limit(SHOWN)
        )
    }
    jobs = select(Job).where((Job.kind == JobKind.BUNDLE) | Job.id.in_(received))
    found = session.scalars(jobs.order_by(Job.id.desc()).limit(SHOWN))
    return [_details(session, job, received.get(job.id)) for job in found]


def _details(session: Session, job: Job, found: ReceivedBundle | None) -> BundleDetails:
    said = BUNDLE.result_of(job) if job.kind is JobKind.BUNDLE else None
    by = session.get_one(BundleKey, found.key_id) if found else None
    model = found and found.kind is BundleKind.MODEL and found.model_name
    return BundleDetails(
        id=job.id,
        state=job.state,
        stage=job.stage,
        progress=job.progress,
        created_at=job.created_at,
        problem=ProblemDetails.model_validate(job.problem) if job.problem else None,
        kind=found.kind if found else None,
        site=by.name if by else None,
        manifest=found.manifest if found else None,
        figures=found.figures if found else None,
        model=f"{found.model_name}@{found.model_version}" if found and model else None,
        standing=said.standing if said else None,
        reason=said.reason if said else None,
        import_id=found.import_id if found else None,
    )
