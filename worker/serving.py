"""Which network serves a name: the newest that works, and what people are told where it is older.

A model folder can be broken, altered or gone. Then the last one that worked goes on: an older
version of the name, the one in memory, at last the shipped default; and `/readyz` and
`sonoloop doctor` say so.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from worker.pipeline.card import MODEL_FILE, ModelError
from worker.pipeline.network import Network
from worker.pipeline.zoo import DEFAULT_MODEL, FoundModel, find_model, find_models, model_roots

log = logging.getLogger(__name__)

FOUND_SECONDS = 1.0
"""How long a name means the same model: one that is promoted serves within this time."""
TRY_AGAIN_SECONDS = 600.0
"""How long a model that could not be loaded is left alone while its file does not change."""

Load = Callable[[FoundModel], Network]


class Serving:
    """The networks of one process, loaded at their first use; may be asked from several threads."""

    def __init__(self, roots: Sequence[Path], default: str, load: Load) -> None:
        self._roots = roots
        self._default = default
        self._load = load
        self._networks: dict[str, Network] = {}
        self._chosen: dict[str, tuple[float, Network]] = {}
        self._broken: dict[str, tuple[float, ModelError]] = {}
        self._instead: dict[str, tuple[str, str]] = {}
        """By the name that is wanted: what serves, and what cannot."""
        self._lock = threading.Lock()

    def network(self, name: str | None) -> Network:
        """The network of a name (`NAME` or `NAME@VERSION`), or of the site's default.

        A version that is asked for by number is that version or an error.

        Raises:
            ModelError: there is none that works.
        """
        wanted = name or self._default
        with self._lock:
            at, network = self._chosen.get(wanted, (0.0, None))
            if network is None or monotonic() - at > FOUND_SECONDS:
                network = self._choose(wanted, network)
                self._chosen[wanted] = (monotonic(), network)
            return network

    def loaded(self) -> list[tuple[Network, str | None]]:
        """The networks in memory, and in whose stead each serves; None: in nobody's."""
        networks = list(self._networks.values())
        instead = dict(self._instead.values())
        return [(n, instead.get(_key(n.card.name, n.card.version))) for n in networks]

    def _choose(self, wanted: str, last: Network | None) -> Network:
        """The first that works of the candidates, the one of a moment ago, the shipped default."""
        first: str | None = None
        error = ModelError("")
        for found in self._candidates(wanted):
            key = _key(found.card.name, found.card.version)
            first = first or key
            try:
                return self._serve(wanted, first, self._get(key, found))
            except ModelError as failure:
                error = error if str(error) else failure
        if last is not None:
            return self._serve(wanted, first or wanted, last)
        if wanted == self._default:
            for found in find_models(*model_roots()):
                if found.card.name == DEFAULT_MODEL:
                    shipped = self._get(_key(found.card.name, found.card.version), found)
                    return self._serve(wanted, first or wanted, shipped)
        if str(error):
            raise error
        found = find_model(self._roots, wanted)  # says which there are
        raise ModelError(f"{found.folder} cannot be used.")

    def _candidates(self, wanted: str) -> list[FoundModel]:
        """What may serve a name, best first."""
        name, _, version = wanted.partition("@")
        versions = [m for m in find_models(*self._roots) if m.card.name == name]
        asked = [m for m in versions if version in ("", m.card.version)]
        if version and wanted == self._default:
            asked += [m for m in versions if m not in asked]
        return asked

    def _get(self, key: str, found: FoundModel) -> Network:
        if key in self._networks:
            return self._networks[key]
        digest = f"{key} {found.card.sha256} {_changed(found.folder)}"
        at, failure = self._broken.get(digest, (0.0, None))
        if failure is not None and monotonic() - at < TRY_AGAIN_SECONDS:
            raise failure
        try:
            network = self._load(found)
        except ModelError as error:
            self._broken[digest] = (monotonic(), error)
            log.error("model %s cannot serve: %s", key, error)
            raise
        self._networks[key] = network
        log.info("model %s loaded on %s", key, network.provider)
        return network

    def _serve(self, wanted: str, first: str, network: Network) -> Network:
        """Note whether the network serves in the stead of a better one, and say so once."""
        key = _key(network.card.name, network.card.version)
        if key == first:
            self._instead.pop(wanted, None)
        elif self._instead.get(wanted) != (key, first):
            self._instead[wanted] = (key, first)
            log.error("%s serves as %s, because %s cannot be used", key, wanted, first)
        return network


def _changed(folder: Path) -> float | None:
    try:
        return (folder / MODEL_FILE).stat().st_mtime
    except OSError:
        return None


def _key(name: str, version: str) -> str:
    return f"{name}@{version}"
