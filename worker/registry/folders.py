"""Models in folders: the shipped ones, and those that a site put beside its data.

A worker takes them in when it starts; from then on rows determine which version serves.
"""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError

from app.core.resources import Resources
from app.core.settings import VERSION, Settings
from worker.pipeline.artifact import read_artifact
from worker.pipeline.card import ModelError
from worker.pipeline.vetting import verify
from worker.pipeline.zoo import FoundModel, find_models, is_shipped, version_key
from worker.registry.intake import (
    default_is_deployed,
    deploy_default,
    is_stored,
    register,
    take_in,
)

log = logging.getLogger(__name__)


def take_in_default(resources: Resources) -> None:
    """Make the rows of all folders, and let the site's default model serve if nothing does."""
    settings = resources.settings
    for found in find_models(*settings.model_roots):
        register(resources, read_artifact(found.folder))
    if default_is_deployed(resources, settings.default_model):
        return
    for found in _default(settings):
        if _take_in(resources, found):
            deploy_default(resources, read_artifact(found.folder), settings.default_model)
            return


def take_in_others(resources: Resources) -> None:
    """Store the bytes of all models in folders that are not stored yet; takes seconds."""
    for found in find_models(*resources.settings.model_roots):
        try:
            _take_in(resources, found)
        except SQLAlchemyError:
            log.exception("%s is taken in at the next start", found.folder)


def _default(settings: Settings) -> list[FoundModel]:
    """Versions of the default model, newest first, or the named version."""
    name, _, version = settings.default_model.partition("@")
    found = [m for m in find_models(*settings.model_roots) if m.card.name == name]
    found = [m for m in found if version in ("", m.card.version)]
    return sorted(found, key=lambda m: version_key(m.card.version), reverse=True)


def _take_in(resources: Resources, found: FoundModel) -> bool:
    """Take the folder's version in; return whether it may serve."""
    shipped = is_shipped(found.folder)
    fault, said = None, {"shipped_with": VERSION}
    try:
        artifact = read_artifact(found.folder)
        if is_stored(resources, artifact):
            return True
        if not shipped:
            try:
                said = verify(found.folder)
            except ModelError as error:
                said, fault = {}, str(error)
        take_in(resources, artifact, said, fault=fault, durable=not shipped)
    except ModelError as error:
        log.error("%s was not taken in: %s", found.folder, error)
        return False
    return fault is None
