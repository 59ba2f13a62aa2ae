"""A site with a tiny model in use and a pool to train it further."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import torch
from sqlalchemy import select

from app.accounts.tables import Role
from app.label_sets.tables import LabelClass
from app.masks.tables import FrameClass, Mask
from models.training.weights import WEIGHTS_FILE, weights_file
from tests.behaviour.deployments.versions import working
from tests.behaviour.exports.rows import add_pooled, ellipses, speckle
from tests.behaviour.label_sets.rows import followed
from tests.conftest import fresh_settings
from tests.running_site import Site, running_site
from tests.unit.models.training_runs import config
from tests.unit.worker.pipeline.dark import write_dark_model
from worker.pipeline import InputSpec, ModelCard, file_sha256
from worker.pipeline.artifact import read_artifact
from worker.registry.intake import take_in
from worker.runtime import Runtime

SUBJECTS = 24
CLASSES = ("cyst", "solid")
RECIPE: dict[str, int | float] = {"size": 64, "batch_size": 4, "threads": 1}


@dataclass
class Training:
    """A site, a worker in this process, and an admin."""

    site: Site
    runtime: Runtime
    admin: httpx.Client

    def serve(self, folder: Path) -> None:
        """Register a tiny model and deploy it."""
        take_in(self.runtime, read_artifact(parent(folder)), {})
        body = {"model": "tiny@1.0.0", "reason": "First."}
        self.admin.post("/deployments", json=body).raise_for_status()

    def fill(self) -> None:
        """Store approved images of several patients, a quarter of them without a lesion, the others
        with one of two classes. A third class is never used."""
        owner = self.site.person(Role.ANNOTATOR)
        names = (*CLASSES, "calcification")
        classes = [{"name": name, "colour": "#81c784"} for name in names]
        followed(self.admin, "Breast", classes=classes)
        with self.site.database.read() as session:
            found = {one.name: one.id for one in session.scalars(select(LabelClass))}
        kinds = [found[name] for name in CLASSES]
        for number in range(SUBJECTS):
            labels = ellipses((20, 30))
            if number % 4 == 0:
                labels = np.zeros_like(labels)
            image_id = add_pooled(
                self.site, owner, speckle(number), labels, subject=f"patient {number}"
            )
            if labels.any():
                self._name(image_id, kinds[number % 2])

    def _name(self, image_id: UUID, kind: UUID) -> None:
        """Set the class of an image's lesion."""
        with self.site.database.write() as session:
            mask = session.scalars(select(Mask).where(Mask.image_id == image_id)).one()
            mask.labels = {**(mask.labels or {}), "classes": {"1": str(kind)}}
            session.add(FrameClass(frame_id=mask.frame_id, class_id=kind, image_id=image_id))


def parent(root: Path) -> Path:
    """Return a model with the weights of a tiny network."""
    network = config(root).network
    torch.manual_seed(3)
    folder = write_dark_model(root, "tiny", "1.0.0", input=InputSpec(area=4096))
    (folder / WEIGHTS_FILE).write_bytes(weights_file(network, network.build().state_dict()))
    files = {WEIGHTS_FILE: file_sha256(folder / WEIGHTS_FILE)}
    ModelCard.read(folder).model_copy(update={"files": files}).write(folder)
    return folder


@contextmanager
def training_site(folder: Path, valkey: str) -> Iterator[Training]:
    """Yield a site with very short training runs.

    Leases are long, because the worker shares this process with the API: if the machine stalled for
    half a minute, a lease would expire, and no second worker would take over.
    """
    settings = fresh_settings(folder, valkey, training_recipe=RECIPE, job_lease_seconds=600)
    with running_site(settings) as site, working(site) as runtime:
        yield Training(site, runtime, site.browser(Role.ADMIN))
