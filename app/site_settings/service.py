"""Showing and changing the settings of the site."""

from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts.principal import Principal
from app.accounts.schemas import PersonName
from app.accounts.tables import User
from app.core import audit
from app.core.database import WriteSession
from app.core.ids import now
from app.core.locks import lock
from app.core.state import State
from app.site_settings.records import changed
from app.site_settings.schemas import SettingDetails, SiteSettings, Source
from app.site_settings.tables import SiteSetting
from app.site_settings.values import CHANGEABLE, FREE_TEXT, Changeable


def details(session: Session, state: State) -> SiteSettings:
    """Return every setting with its value and its source."""
    query = select(SiteSetting, User).outerjoin(User, User.id == SiteSetting.changed_by_id)
    rows = {row.key: (row, user) for row, user in session.execute(query)}
    environment = state.environment
    items = []
    for key in CHANGEABLE:
        row, user = rows.get(key, (None, None))
        without = getattr(environment, key)
        from_environment = key in environment.model_fields_set
        without_source = Source.ENVIRONMENT if from_environment else Source.DEFAULT
        items.append(
            SettingDetails(
                key=key,
                variable=f"SONOLOOP_{key.upper()}",
                value=without if row is None else row.value,
                source=without_source if row is None else Source.SITE,
                without=without,
                without_source=without_source,
                changed_at=row.changed_at if row else None,
                changed_by=PersonName.model_validate(user) if user else None,
            )
        )
    return SiteSettings(items=items)


def change(session: WriteSession, state: State, principal: Principal, asked: Changeable) -> None:
    """Set what is given, and return what is null to the environment."""
    lock(session, "site-settings")
    wanted = asked.model_dump(mode="json", exclude_unset=True)
    before = changed(session)
    different = {key: value for key, value in wanted.items() if before.get(key) != value}
    if not different:
        return
    session.execute(delete(SiteSetting).where(SiteSetting.key.in_(different)))
    session.add_all(
        SiteSetting(key=key, value=value, changed_at=now(), changed_by_id=principal.user.id)
        for key, value in different.items()
        if value is not None
    )
    session.flush()
    told = different.keys() - FREE_TEXT

    def shown(values: dict[str, Any]) -> dict[str, Any]:
        return {key: values.get(key) for key in sorted(told)}

    audit.record(
        session,
        state.site_key,
        principal.actor,
        "site-settings.changed",
        "site",
        "settings",
        fields=sorted(different),
        before=shown(before),
        after=shown(different),
    )
