"""``GET /models``."""

from datetime import timedelta

from fastapi import APIRouter
from sqlalchemy import select

from app.accounts.access import AnywhereReader
from app.core.ids import now
from app.core.problems import GUARDED
from app.core.state import AppState, Reading
from app.model_versions.schemas import ModelList, ModelSummary
from app.model_versions.tables import ModelVersion

router = APIRouter(tags=["models"])

AVAILABLE = timedelta(seconds=60)


@router.get("/models", responses=GUARDED)
def list_models(principal: AnywhereReader, session: Reading, state: AppState) -> ModelList:
    """The networks that workers have, with their model cards."""
    query = select(ModelVersion).order_by(ModelVersion.name, ModelVersion.registered_at.desc())
    default = state.settings.default_model
    return ModelList(
        items=[
            ModelSummary(
                name=model.name,
                version=model.version,
                title=str(model.card.get("title", model.name)),
                sha256=model.sha256,
                is_default=model.name == default,
                available=now() - model.seen_at < AVAILABLE,
                card=model.card,
            )
            for model in session.scalars(query)
        ]
    )
