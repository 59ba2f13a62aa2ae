"""The table of a few facts about the site."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class SiteFact(Base):
    """A fact about this site under a key, such as the fingerprint of its site key."""

    __tablename__ = "site"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
