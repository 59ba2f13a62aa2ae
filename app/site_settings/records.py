"""The settings in force: rows over the environment."""

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.resources import Resources
from app.core.settings import Settings
from app.site_settings.tables import SiteSetting
from app.site_settings.values import CHANGEABLE, Changeable

log = logging.getLogger(__name__)


_ALL = select(SiteSetting.key, SiteSetting.value)


def changed(session: Session) -> dict[str, Any]:
    """Return the settings that an administrator changed, by name."""
    rows = session.execute(_ALL)
    return {key: value for key, value in rows if key in CHANGEABLE}


def over(environment: Settings, values: Mapping[str, Any]) -> Settings:
    """Return the settings with these values in place of the environment's.

    A value that another version wrote and this one does not accept is left out.
    """
    good = {}
    for key, value in values.items():
        try:
            good[key] = getattr(Changeable.model_validate({key: value}), key)
        except ValidationError:
            log.warning("the changed value of %s is none that this version takes", key)
    return environment.model_copy(update=good)


def follow(resources: Resources) -> None:
    """Make a process use the settings in force. One query, cheap enough for once a second."""
    with resources.database.read() as session:
        values = changed(session)
    if values != resources.changed_settings:
        resources.settings = over(resources.environment, values)
        resources.changed_settings = values
