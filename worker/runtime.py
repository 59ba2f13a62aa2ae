"""What one worker process holds; made after the fork, so that nothing is shared by accident."""

import logging
from dataclasses import dataclass, field

# A column with a foreign key has no type before the table that it points to is known.
import app.tables  # noqa: F401
from app.core.ids import now
from app.core.resources import Resources
from app.core.settings import Settings
from app.model_versions.tables import ModelVersion
from app.status.records import LoadedModel
from worker.interactive.frames import FrameCache
from worker.pipeline.engines import usable_cores
from worker.pipeline.network import Network
from worker.pipeline.zoo import FoundModel, find_models, load
from worker.serving import Serving

log = logging.getLogger(__name__)


def threads(settings: Settings) -> int:
    """CPU threads of one worker process.

    Twice the cores are divided: between the runs of a process's network, other stages use one.
    """
    cores = usable_cores()
    shared = min(cores, 2 * cores // settings.worker_concurrency)
    return settings.network_threads or max(1, shared)


@dataclass(eq=False)
class Runtime(Resources):
    """Open resources and loaded networks of a worker process."""

    frames: FrameCache = field(default_factory=FrameCache)
    """Frames that people draw on, with what the networks said of them."""
    _serving: Serving = field(init=False)

    def __post_init__(self) -> None:
        self._serving = Serving(self.settings.model_roots, self.settings.default_model, self._load)

    def network(self, name: str | None) -> Network:
        """The network of that name (`NAME` or `NAME@VERSION`), loaded at its first use.

        Where the newest version cannot be used, the last one that worked answers.

        Raises:
            ModelError: there is none that can be used.
        """
        return self._serving.network(name)

    def _load(self, found: FoundModel) -> Network:
        settings = self.settings
        cache = settings.data_dir / "cache" / "engines"
        return load(found, self._providers(), threads(settings), settings.engine, cache)

    def loaded(self) -> tuple[list[LoadedModel], str | None]:
        """The networks in memory, and the execution provider that the last one got."""
        networks = self._serving.loaded()
        models = [
            LoadedModel(n.card.name, n.card.version, n.card.sha256, instead_of)
            for n, instead_of in networks
        ]
        return models, networks[-1][0].provider if networks else None

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
