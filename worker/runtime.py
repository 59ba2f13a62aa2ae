"""Resources of one worker process, opened after the fork to avoid accidental sharing."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import UUID

# A column with a foreign key has no type until the table that it references is imported.
import app.tables  # noqa: F401
from app.core.resources import Resources
from app.core.settings import Settings
from app.deployments.records import Release, releases
from app.status.records import LoadedModel
from worker.interactive.frames import FrameCache
from worker.pipeline.artifact import Artifact, digest_of, read_artifact
from worker.pipeline.card import CARD_FILE, ModelError
from worker.pipeline.engines import usable_cores
from worker.pipeline.network import Network, require_sha256
from worker.pipeline.zoo import find_model, find_models, model_roots
from worker.registry.cache import ArtifactCache
from worker.serving import Serving

log = logging.getLogger(__name__)


def threads(settings: Settings) -> int:
    """CPU threads of one worker process.

    Processes share twice the number of cores: between a process's network runs, other stages use
    only one core.
    """
    cores = usable_cores()
    shared = min(cores, 2 * cores // settings.worker_concurrency)
    return settings.network_threads or max(1, shared)


@dataclass(eq=False)
class Runtime(Resources):
    """Open resources and loaded networks of a worker process."""

    frames: FrameCache = field(default_factory=FrameCache)
    """Frames that people draw on, with the networks' outputs for them."""
    cache: ArtifactCache = field(init=False)
    """Local copies of models."""
    _serving: Serving = field(init=False)

    def __post_init__(self) -> None:
        self.cache = ArtifactCache(self.settings.data_dir / "cache" / "models", self.blobs)
        self._serving = Serving(self._releases, self._load, self._shipped_default)

    def network(
        self,
        name: str | None,
        project_id: UUID | None = None,
        without: Collection[str] = (),
        *,
        quiet: bool = False,
    ) -> Network:
        """Return the network of a project, or the one with a name; see :meth:`Serving.network`.

        Raises:
            ModelError: no usable network exists.
        """
        return self._serving.network(name, project_id, without, quiet=quiet)

    def forget_choices(self) -> None:
        """Ask the database again which versions serve."""
        self._serving.forget_choices()

    def loaded(self) -> tuple[list[LoadedModel], str | None]:
        """The networks in memory, and the execution provider of the last one."""
        networks = self._serving.loaded()
        models = [
            LoadedModel(n.card.name, n.card.version, n.card.sha256, instead_of)
            for n, instead_of in networks
        ]
        return models, networks[-1][0].provider if networks else None

    @cached_property
    def shipped(self) -> dict[str, Artifact]:
        """Shipped models by digest. Their folder is read and never written."""
        found = [read_artifact(one.folder) for one in find_models(model_roots()[-1])]
        return {artifact.digest: artifact for artifact in found}

    def _releases(self, name: str | None, project_id: UUID | None) -> Sequence[Release]:
        with self.database.read() as session:
            return releases(session, name, project_id)

    def _shipped_default(self) -> Release:
        artifact = read_artifact(find_model(model_roots()[-1:], None).folder)
        return release_of(artifact)

    def _load(self, release: Release) -> Network:
        engine = self.settings.engine
        shipped = self.shipped.get(release.digest or "")
        if shipped is not None:
            try:
                return self._network(shipped.folder, engine)
            except ModelError as error:
                log.error("the shipped folder of %s cannot be used: %s", release.key, error)
        if release.digest is None:
            raise ModelError(f"No bytes of {release.key} are here; import the model again.")
        folder = self.cache.folder(release.digest, release.files)
        require_sha256(folder / CARD_FILE, release.files[CARD_FILE])
        # A site's own model was verified with ONNX Runtime.
        return self._network(folder, "onnxruntime" if engine == "auto" else engine)

    def _network(self, folder: Path, engine: str) -> Network:
        names = self.settings.execution_providers
        return Network.load(
            folder,
            None if names == ["auto"] else names,
            threads(self.settings),
            engine,  # type: ignore[arg-type]
            self.settings.data_dir / "cache" / "engines",
        )


def release_of(artifact: Artifact) -> Release:
    """Return the release of a model folder."""
    card = artifact.card
    return Release(card.name, card.version, digest_of(artifact.files), artifact.files)
