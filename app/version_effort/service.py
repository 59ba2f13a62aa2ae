"""Effort by the version that made the first outline, from the readings handed in."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import fmean, median
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.accounts.access import Principal
from app.accounts.tables import Role
from app.deployments.records import history, serving
from app.images.tables import Frame, Image, ImageState
from app.masks.tables import Mask
from app.reviews.effort import Effort, efforts
from app.reviews.tables import Reading
from app.version_effort.schemas import (
    CorrectedImage,
    EffortDifference,
    EffortInterval,
    VersionEffort,
    VersionEffortReport,
)
from app.version_effort.statistics import difference

FEW_READINGS = 20
FEW_PATIENTS = 10
"""With fewer, no figures are given."""
MOST = 2_000
"""The most readings of a version that are used, the newest ones."""
DEPLOYMENTS = 200
WORST = 6
LOOKED_AT = 60
"""The number of images shown, one per patient, and of images that they are chosen from."""

Version = tuple[str, str]


def report(session: Session, project_id: UUID) -> VersionEffortReport:
    """Return a project's effort by version, and the serving version against the one before."""
    by_version: dict[Version, list[Effort]] = defaultdict(list)
    for one in sorted(efforts(session, project_id, None, None), key=lambda one: one.at):
        if one.model:
            by_version[one.model].append(one)
    found = {version: readings[-MOST:] for version, readings in by_version.items()}
    now = serving(session, project_id)
    key = (now.model_name, now.model_version) if now else None
    items = [_version(version, readings, version == key) for version, readings in found.items()]
    return VersionEffortReport(
        fewest_readings=FEW_READINGS,
        fewest_patients=FEW_PATIENTS,
        items=sorted(items, key=lambda one: one.last_at, reverse=True),
        difference=_difference(session, project_id, found, key),
    )


def _version(version: Version, readings: Sequence[Effort], serves: bool) -> VersionEffort:
    enough = _enough(readings)
    seconds = [one.seconds for one in readings if one.seconds is not None]
    changed = [one for one in readings if one.untouched is not None]
    dices = [one.dice for one in changed if not one.untouched and one.dice is not None]
    return VersionEffort(
        model="@".join(version),
        serving=serves,
        first_at=readings[0].at,
        last_at=readings[-1].at,
        readings=len(readings),
        patients=len({one.patient for one in readings}),
        seconds_median=median(seconds) if enough and seconds else None,
        corrected_share=fmean(not one.untouched for one in changed) if enough and changed else None,
        corrected_dice=fmean(dices) if enough and dices else None,
    )


def _enough(readings: Sequence[Effort]) -> bool:
    patients = {one.patient for one in readings}
    return len(readings) >= FEW_READINGS and len(patients) >= FEW_PATIENTS


def _difference(
    session: Session,
    project_id: UUID,
    found: dict[Version, list[Effort]],
    key: Version | None,
) -> EffortDifference | None:
    """Compare the serving version with the previous one whose outlines were read."""
    if key is None or key not in found:
        return None
    rows = [*history(session, project_id, DEPLOYMENTS), *history(session, None, DEPLOYMENTS)]
    rows.sort(key=lambda one: one.id, reverse=True)
    served = dict.fromkeys((one.model_name, one.model_version) for one in rows)
    before = next((one for one in served if one != key and one in found), None)
    if before is None:
        return None
    old, new = found[before], found[key]

    def interval(value: Callable[[Effort], float | None]) -> EffortInterval | None:
        sides = [
            [(one.patient, known) for one in side if (known := value(one)) is not None]
            for side in (old, new)
        ]
        few = any(
            len(side) < FEW_READINGS or len({patient for patient, _ in side}) < FEW_PATIENTS
            for side in sides
        )
        if few:
            return None
        mean, low, high = difference(sides[0], sides[1])
        return EffortInterval(mean=mean, low=low, high=high)

    return EffortDifference(
        model="@".join(key),
        before="@".join(before),
        seconds=interval(lambda one: one.seconds),
        corrected=interval(lambda one: None if one.untouched is None else float(not one.untouched)),
    )


def most_corrected(
    session: Session, principal: Principal, model: str | None
) -> list[CorrectedImage]:
    """Return approved images of a project whose outlines by a version (None: the one that serves)
    were changed most."""
    now = serving(session, principal.project) if model is None else None
    name, _, version = (model or "").partition("@")
    if now is not None:
        name, version = now.model_name, now.model_version
    handed_in, prediction = aliased(Mask), aliased(Mask)
    query = (
        select(
            Image.id,
            Image.subject_id,
            Frame.index,
            handed_in.dice,
            handed_in.revision.label("handed_in"),
            prediction.revision.label("predicted"),
        )
        .join(Reading, Reading.image_id == Image.id)
        .join(handed_in, handed_in.id == Reading.submitted_mask_id)
        .join(prediction, prediction.id == handed_in.prediction_id)
        .join(Frame, Frame.id == handed_in.frame_id)
        .where(
            Image.project_id == principal.project,
            Image.state == ImageState.APPROVED,
            prediction.model_name == name,
            prediction.model_version == version,
            handed_in.untouched.is_(False),
            handed_in.dice.is_not(None),
        )
        .order_by(handed_in.dice, Image.id)
        .limit(LOOKED_AT)
    )
    if not principal.has(Role.REVIEWER):
        query = query.where(Reading.reader_id == principal.user.id)
    found: dict[UUID, CorrectedImage] = {}
    for row in session.execute(query):
        one = CorrectedImage(
            image_id=row.id,
            frame_index=row.index,
            dice=row.dice,
            predicted=row.predicted,
            handed_in=row.handed_in,
        )
        found.setdefault(row.subject_id or row.id, one)
    return list(found.values())[:WORST]
