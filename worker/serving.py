"""The network that answers: the newest working deployment, with a notice if a newer one is broken.

A version can be broken, altered or deleted. Then the deployment before it answers, else the one in
memory, else the shipped default; `/readyz` and `sonoloop doctor` report it.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from time import monotonic
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.deployments.records import Release
from worker.pipeline.card import ModelError
from worker.pipeline.network import Network

log = logging.getLogger(__name__)

FOUND_SECONDS = 1.0
"""Time for which an answer of the database is reused: a deployment takes effect within it."""
TRY_AGAIN_SECONDS = 600.0
"""Time until a version that could not be loaded is tried again."""
MOST_NETWORKS = 4
"""Maximum number of networks in memory; the least recently used one is dropped."""

Asked = tuple[str | None, UUID | None]
"""A name, `NAME` or `NAME@VERSION`, and a project."""


class Serving:
    """The networks of one process, loaded at first use; safe to call from several threads.

    Args:
        releases: returns the releases that may answer a request, best first.
        load: loads a release into memory; raises ModelError.
        shipped: the default that came with the software, or None if the site requires its own,
            which is missing.
    """

    def __init__(
        self,
        releases: Callable[[str | None, UUID | None], Sequence[Release]],
        load: Callable[[Release], Network],
        shipped: Callable[[], Release],
    ) -> None:
        self._releases = releases
        self._load = load
        self._shipped = shipped
        self._networks: OrderedDict[str, Network] = OrderedDict()
        self._chosen: dict[Asked, tuple[float, Network]] = {}
        self._broken: dict[str, tuple[float, ModelError]] = {}
        self._instead: dict[Asked, tuple[str, str]] = {}
        """By request, the version that serves and the one that cannot."""
        self._quiet: set[str] = set()
        self._lock = threading.Lock()

    def network(
        self,
        name: str | None,
        project_id: UUID | None = None,
        without: Collection[str] = (),
        *,
        quiet: bool = False,
    ) -> Network:
        """Return the network `NAME` or `NAME@VERSION`, or the one deployed for a project.

        A requested version number gives that version or an error.

        Args:
            without: `NAME@VERSION` of networks that could not answer this image.
            quiet: do not list it as loaded, because not everybody may know about it.

        Raises:
            ModelError: there is no working network.
        """
        asked = (name, project_id)
        with self._lock:
            network = self._network(asked, without)
            (self._quiet.add if quiet else self._quiet.discard)(key_of(network))
            return network

    def _network(self, asked: Asked, without: Collection[str]) -> Network:
        if without:
            return self._choose(asked, None, without)
        at, network = self._chosen.get(asked, (0.0, None))
        if network is None or monotonic() - at > FOUND_SECONDS:
            network = self._choose(asked, network)
            self._chosen[asked] = (monotonic(), network)
        return network

    def loaded(self) -> list[tuple[Network, str | None]]:
        """The networks in memory that were not requested quietly.

        Each comes with the version that it replaces, or None.
        """
        networks = [n for n in self._networks.values() if key_of(n) not in self._quiet]
        instead = dict(self._instead.values())
        return [(n, instead.get(key_of(n))) for n in networks]

    def forget_choices(self) -> None:
        """Ask the database again, because a version was found to be broken."""
        with self._lock:
            self._chosen.clear()

    def _choose(self, asked: Asked, last: Network | None, without: Collection[str] = ()) -> Network:
        """Return the first that works: a release, the last network, or the shipped default."""
        first: str | None = None
        error: ModelError | None = None
        try:
            releases = self._releases(*asked)
        except DBAPIError:
            if last is not None:
                return last
            log.warning("the database is away; the shipped model serves")
            releases = []
        for release in releases:
            if release.key in without:
                continue
            first = first or release.key
            try:
                network = self._get(release)
            except ModelError as failure:
                error = error or failure
            else:
                return network if without else self._serve(asked, first, network)
        if last is not None:
            return self._serve(asked, first or "the model that was deployed", last)
        if asked[0] is None:
            shipped = self._shipped()
            if shipped.key not in without:
                network = self._get(shipped)
                return network if without else self._serve(asked, first or shipped.key, network)
        raise error or ModelError(f"There is no model {asked[0] or ''!r} here that can answer.")

    def _get(self, release: Release) -> Network:
        key = f"{release.key} {release.digest}"
        if release.fault is not None:
            self._networks.pop(key, None)
            raise ModelError(f"{release.key} may not serve: {release.fault}")
        if key in self._networks:
            self._networks.move_to_end(key)
            return self._networks[key]
        at, failure = self._broken.get(key, (0.0, None))
        if failure is not None and monotonic() - at < TRY_AGAIN_SECONDS:
            raise failure
        try:
            network = self._load(release)
        except ModelError as error:
            self._broken[key] = (monotonic(), error)
            log.error("model %s cannot serve: %s", release.key, error)
            raise
        self._networks[key] = network
        while len(self._networks) > MOST_NETWORKS:
            self._networks.popitem(last=False)
        log.info("model %s loaded on %s", release.key, network.provider)
        return network

    def _serve(self, asked: Asked, first: str, network: Network) -> Network:
        """Record whether the network serves in place of a better one, and log that once."""
        key = key_of(network)
        if key == first:
            self._instead.pop(asked, None)
        elif self._instead.get(asked) != (key, first):
            self._instead[asked] = (key, first)
            log.error("%s serves, because %s cannot be used", key, first)
        return network


def key_of(network: Network) -> str:
    """`NAME@VERSION` of a network."""
    return f"{network.card.name}@{network.card.version}"
