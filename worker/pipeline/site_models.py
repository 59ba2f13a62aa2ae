"""The models of a site for its commands, found through the server's settings."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from worker.pipeline.engines import EngineName
from worker.pipeline.network import Network
from worker.pipeline.zoo import DEFAULT_MODEL, FoundModel, find_model, load, model_roots


class SiteModels(BaseSettings):
    """``SONOLOOP_DATA_DIR``, ``_MODELS_DIR``, ``_DEFAULT_MODEL`` and ``_ENGINE``.

    They come from the environment and ``.env`` and mean the same as in `app.core.settings`, which
    commands do not import; a test compares the two.
    """

    model_config = SettingsConfigDict(env_prefix="SONOLOOP_", env_file=".env", extra="ignore")

    data_dir: Path = Path("data")
    models_dir: Path | None = None
    default_model: str = DEFAULT_MODEL
    engine: EngineName = "auto"

    @property
    def own(self) -> Path:
        """The folder of the site's own models, never that of the shipped ones."""
        return self.models_dir or self.data_dir / "models"

    @property
    def model_roots(self) -> list[Path]:
        """Folders that hold ``<name>/<version>/model.onnx``; the site's own come first."""
        return [self.own, *model_roots()]

    def find(self, name: str | None = None) -> FoundModel:
        """Return the requested model: `NAME`, `NAME@VERSION`, or None for the site's default.

        Raises:
            ModelError: there is no such model; the message lists the available ones.
        """
        return find_model(self.model_roots, name or self.default_model)

    def load(
        self,
        name: str | None = None,
        *,
        threads: int | None = None,
        engine: EngineName = "onnxruntime",
        callers: int = 1,
    ) -> Network:
        """Load the requested model, or the site's default; see `Network.load`.

        Raises:
            ModelError: there is no such model, it cannot be loaded, or it must not serve.
        """
        return load(self.find(name), threads=threads, engine=engine, callers=callers)
