"""A site with a tiny model that serves and a pool to train it further on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import torch

from app.accounts.tables import Role
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.behaviour.deployments.versions import working
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from tests.unit.models.training_runs import config
from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import InputSpec, ModelCard, file_sha256
from worker.pipeline.artifact import read_artifact
from worker.registry.intake import take_in
from worker.runtime import Runtime

SUBJECTS = 24


@dataclass
class Training:
    """A site, a worker in this process, and an admin."""

    site: Site
    runtime: Runtime
    admin: httpx.Client

    def serve(self, folder: Path) -> None:
        """Let a tiny model serve."""
        take_in(self.runtime, read_artifact(parent(folder)), {})
        body = {"model": "tiny@1.0.0", "reason": "First."}
        self.admin.post("/deployments", json=body).raise_for_status()

    def fill(self) -> None:
        """Approved images of several patients, a quarter of them without a lesion."""
        owner = self.site.person(Role.ANNOTATOR)
        for number in range(SUBJECTS):
            labels = ellipses((20, 30))
            if number % 4 == 0:
                labels = np.zeros_like(labels)
            add_pooled(self.site, owner, speckle(number), labels, subject=f"patient {number}")


def parent(root: Path) -> Path:
    """A model whose weights are a tiny network's."""
    network = config(root).network
    torch.manual_seed(3)
    folder = write_dark_model(root, "tiny", "1.0.0", input=InputSpec(area=4096))
    (folder / WEIGHTS_FILE).write_bytes(weights_file(network, network.build().state_dict()))
    files = {WEIGHTS_FILE: file_sha256(folder / WEIGHTS_FILE)}
    ModelCard.read(folder).model_copy(update={"files": files}).write(folder)
    return folder


@contextmanager
def training_site(folder: Path, valkey: str) -> Iterator[Training]:
    """The site, whose runs are as short as they can be."""
    recipe = {"size": 64, "batch_size": 4, "threads": 1}
    settings = fresh_settings(folder, valkey, training_recipe=recipe)
    with running_site(settings) as site, working(site) as runtime:
        yield Training(site, runtime, site.browser(Role.ADMIN))
