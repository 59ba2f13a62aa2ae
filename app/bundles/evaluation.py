"""The rows of a version's newest evaluation as they leave the site: no ids, no names, and nothing
about the order in which patients came."""

import hashlib
import json
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.security import SiteKey
from app.evaluations.tables import Evaluation, EvaluationRow, FrozenSet, SetRole
from app.model_versions.tables import ModelVersion

_SAID = ("iou", "outlined", "missed", "brier", "flagged")


def evaluation_rows(session: Session, key: SiteKey, model: ModelVersion) -> bytes | None:
    """Return the rows as JSON, or None if the version was never evaluated.

    A patient's number is valid only within this file. Names of sets and classes do not leave the
    site, because people type them.
    """
    query = select(Evaluation).where(
        Evaluation.model_name == model.name,
        Evaluation.model_version == model.version,
        Evaluation.verdict.is_not(None),
    )
    one = session.scalar(query.order_by(Evaluation.id.desc()).limit(1))
    if one is None:
        return None
    before, after = (
        (one.serving_name, one.serving_version),
        (one.model_name, one.model_version),
    )
    salt = key.subkey(f"bundle/{one.id}")
    rows, references = [], 0
    for set_id in one.set_ids:
        frozen = session.get(FrozenSet, UUID(set_id))
        if frozen is None:
            continue
        references += frozen.role is SetRole.REFERENCE
        name = "test part" if frozen.role is SetRole.TEST else f"reference {references}"
        rows += _rows(session, frozen.id, name, before, after, salt)
    rows.sort(key=lambda row: str(row.pop("order")))
    patients: dict[str, int] = {}
    for row in rows:
        row["patient"] = patients.setdefault(row["patient"], len(patients) + 1)
    said = {"serving": "@".join(before), "look": one.look, "rows": rows}
    return json.dumps(said).encode()


def _rows(
    session: Session,
    set_id: UUID,
    name: str,
    before: tuple[str, str],
    after: tuple[str, str],
    salt: bytes,
) -> list[dict[str, Any]]:
    found: dict[UUID, dict[tuple[str, str], EvaluationRow]] = {}
    for row in session.scalars(select(EvaluationRow).where(EvaluationRow.set_id == set_id)):
        found.setdefault(row.mask_id, {})[row.model_name, row.model_version] = row
    return [
        {
            "order": hashlib.sha256(salt + mask_id.bytes).hexdigest(),
            "set": name,
            "patient": f"{set_id}/{of[after].patient}",
            "scanner": of[after].scanner,
            "size": of[after].size,
            "lesion": of[after].truth_px > 0,
            "before": {said: getattr(of[before], said) for said in _SAID},
            "after": {said: getattr(of[after], said) for said in _SAID},
        }
        for mask_id, of in found.items()
        if before in of and after in of
    ]
