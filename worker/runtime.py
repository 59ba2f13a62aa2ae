"""What one worker process holds; made after the fork, so that nothing is shared by accident."""

import logging
import os
import threading
from dataclasses import dataclass, field
from time import monotonic

# A column with a foreign key has no type before the table that it points to is known.
import app.tables  # noqa: F401
from app.core.blobs import BlobStore, open_blobs
from app.core.broker import Bell
from app.core.database import Database
from app.core.ids import now
from app.core.security import SiteKey, load_site_key
from app.core.settings import Settings
from app.model_versions.tables import ModelVersion
from app.status.heartbeat import LoadedModel
from worker.interactive.frames import FrameCache
from worker.pipeline.network import Network
from worker.pipeline.zoo import FoundModel, find_model, find_models

log = logging.getLogger(__name__)

FOUND_SECONDS = 1.0
"""How long a name means the same model: one that is promoted serves within this time."""


def threads(settings: Settings) -> int:
    """CPU threads of one worker process.

    Twice the cores are divided: between the runs of a process's network, other stages use one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    shared = min(cores, 2 * cores // settings.worker_concurrency)
    return settings.network_threads or max(1, shared)


@dataclass
class Runtime:
    """Open resources and loaded networks of this process."""

    settings: Settings
    database: Database
    blobs: BlobStore
    bell: Bell
    site_key: SiteKey
    frames: FrameCache = field(default_factory=FrameCache)
    """Frames that people draw on, with what the networks said of them."""
    _networks: dict[str, Network] = field(default_factory=dict)
    _found: dict[str, tuple[float, FoundModel]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, settings: Settings) -> "Runtime":
        """Open everything that the settings name."""
        return cls(
            settings,
            Database(settings.database),
            open_blobs(settings),
            Bell(settings),
            load_site_key(settings),
        )

    def network(self, name: str | None) -> Network:
        """The network of that name (`NAME` or `NAME@VERSION`), loaded at its first use.

        Raises:
            ModelError: there is none, or its file is not the one that its card describes.
        """
        found = self._find(name or self.settings.default_model)
        key = f"{found.card.name}@{found.card.version}"
        with self._lock:
            if key not in self._networks:
                self._networks[key] = Network.load(
                    found.folder, providers=self._providers(), threads=threads(self.settings)
                )
                network = self._networks[key]
                log.info("model %s loaded on %s", key, network.provider)
            return self._networks[key]

    def _find(self, name: str) -> FoundModel:
        """The model of that name, looked for on disk again after a second."""
        at, found = self._found.get(name, (0.0, None))
        if found is None or monotonic() - at > FOUND_SECONDS:
            found = find_model(self.settings.model_roots, name)
            self._found[name] = (monotonic(), found)
        return found

    def loaded(self) -> tuple[list[LoadedModel], str | None]:
        """The networks in memory, and the execution provider that the last one got."""
        networks = list(self._networks.values())
        models = [LoadedModel(n.card.name, n.card.version, n.card.sha256) for n in networks]
        return models, networks[-1].provider if networks else None

    def register_models(self) -> None:
        """Tell the database which models this worker has."""
        with self.database.write() as session:
            for found in find_models(*self.settings.model_roots):
                card = found.card
                row = session.get(ModelVersion, (card.name, card.version))
                if row is None:
                    row = ModelVersion(name=card.name, version=card.version)
                    session.add(row)
                row.sha256, row.card, row.seen_at = (
                    card.sha256,
                    card.model_dump(mode="json"),
                    now(),
                )

    def _providers(self) -> list[str] | None:
        names = self.settings.execution_providers
        return None if names == ["auto"] else names

    def close(self) -> None:
        """Close connections."""
        self.bell.close()
        self.database.dispose()
