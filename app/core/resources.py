"""Resources that every process of the site opens: the api, a worker, a command."""

from dataclasses import dataclass, field
from typing import Any, Self

from app.core.blobs import BlobStore, open_blobs
from app.core.broker import BrokerClient
from app.core.carried import carrying
from app.core.database import Database
from app.core.security import SiteKey, load_site_key
from app.core.settings import Settings


@dataclass(eq=False)
class Resources:
    """Settings and open resources of one process."""

    settings: Settings
    """What holds now: ``environment`` and what an administrator changed; read it at each use."""
    environment: Settings
    """What the process began with."""
    database: Database
    blobs: BlobStore
    broker: BrokerClient
    site_key: SiteKey
    changed_settings: dict[str, Any] = field(default_factory=dict, init=False)
    """What `app.site_settings.records.follow` found last."""

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open what the settings name.

        Raises:
            SiteKeyError: the site key is unusable.
        """
        database = Database(settings.database)
        return cls(
            settings=settings,
            environment=settings,
            database=database,
            blobs=open_blobs(settings),
            broker=BrokerClient(settings),
            site_key=carrying(database, load_site_key(settings)),
            **cls._more(settings),
        )

    @classmethod
    def _more(cls, settings: Settings) -> dict[str, Any]:
        """What this kind of process holds besides."""
        return {}

    def close(self) -> None:
        """Close connections."""
        self.broker.close()
        self.database.dispose()
