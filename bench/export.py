"""Exports of many masks compared with few: memory, time, size.

    python -m bench.export --masks 5000

Rows and blobs are written directly into a fresh site; a worker's own code then runs the export in a
separate process. Its peak memory comes from the kernel (VmHWM; getrusage starts with the peak of
the parent process).
"""

import json
import multiprocessing
import re
import tempfile
import time
from pathlib import Path
from uuid import UUID

import click
import numpy as np
from sqlalchemy import insert

from app.accounts.principal import principal_of
from app.accounts.tables import User
from app.core.blobs import FolderBlobs
from app.core.database import Database
from app.core.ids import new_id, now
from app.core.settings import Settings
from app.core.state import State
from app.exports.jobs import EXPORT
from app.exports.schemas import ExportOrder
from app.exports.service import create
from app.exports.tables import Export, ExportFormat
from app.images.tables import Frame, Image, ImageState, frame_key, mask_key
from app.masks.tables import Assessment, Mask, MaskSource
from app.pool.records import split_of
from app.projects.tables import DEFAULT_PROJECT
from tests.processes import Processes
from worker.interactive.runs import encode_runs
from worker.pipeline import encode_mask_png, encode_png
from worker.runtime import Runtime
from worker.tasks.run import finish_all, run

BATCH = 1000


def seed(settings: Settings, count: int, height: int, width: int) -> User:
    """Create this many approved masks, each on its own frame."""
    database, blobs = Database(settings.database), FolderBlobs(Path(settings.data_dir, "blobs"))
    rng = np.random.default_rng(1)
    rows, columns = np.ogrid[:height, :width]
    owner = User(name="Bench", email="bench@example.org", site_admin=True)
    with database.write() as session:
        session.add(owner)
    for start in range(0, count, BATCH):
        images, frames, masks = [], [], []
        for _ in range(start, min(start + BATCH, count)):
            ids = new_id(), new_id(), new_id()
            pixels = rng.integers(0, 64, (height, width), np.uint8)
            center = rng.uniform(0.3, 0.7, 2) * (height, width)
            size = rng.uniform(0.05, 0.2, 2) * (height, width)
            inside = ((rows - center[0]) / size[0]) ** 2 + ((columns - center[1]) / size[1]) ** 2
            labels = (inside <= 1).astype(np.uint8)
            digest = rng.bytes(32).hex()
            for key, data in (
                (frame_key(ids[0], None), encode_png(pixels)),
                (mask_key(ids[0], ids[2]), encode_mask_png(labels > 0)),
            ):
                # Not through the store, which waits for the disk each time.
                path = blobs.root / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            images.append(
                {
                    "id": ids[0],
                    "project_id": DEFAULT_PROJECT,
                    "owner_id": owner.id,
                    "pixel_sha256": digest,
                    "format": "png",
                    "state": ImageState.APPROVED,
                    "approved_at": now(),
                    "split": split_of(digest),
                }
            )
            frames.append(
                {
                    "id": ids[1],
                    "image_id": ids[0],
                    "width": width,
                    "height": height,
                    "blanked": [],
                    "latest_mask_id": ids[2],
                    "approved_mask_id": ids[2],
                }
            )
            masks.append(
                {
                    "id": ids[2],
                    "image_id": ids[0],
                    "frame_id": ids[1],
                    "revision": 1,
                    "source": MaskSource.HUMAN,
                    "author_id": owner.id,
                    "answer": Assessment.LESIONS,
                    "labels": {"runs": encode_runs(labels), "names": {}},
                }
            )
        with database.write() as session:
            session.execute(insert(Image), images)
            session.execute(insert(Frame), frames)
            session.execute(insert(Mask), masks)
    database.dispose()
    return owner


def work(settings: Settings, job_id: UUID, answer: "multiprocessing.Queue[int]") -> None:
    """Run the job in this process and report its peak memory in kB."""
    run(Runtime.open(settings), EXPORT.queue, job_id)
    finish_all()
    (line,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    answer.put(int(line))


def measure(count: int, height: int, width: int, kind: ExportFormat) -> dict[str, float]:
    """Figures of one export."""
    with tempfile.TemporaryDirectory(prefix="sonoloop-bench-") as folder:
        processes = Processes(Path(folder) / "data")
        processes.start_broker()
        processes.migrate()
        settings = processes.settings
        owner = seed(settings, count, height, width)
        state = State.open(settings)
        try:
            started = time.perf_counter()
            with state.database.write() as session:
                principal = principal_of(session, owner).entering(DEFAULT_PROJECT)
                export = create(session, state, principal, ExportOrder(format=kind))
            asked = time.perf_counter() - started
            context = multiprocessing.get_context("spawn")
            answer: multiprocessing.Queue[int] = context.Queue()
            worker = context.Process(target=work, args=(settings, export.job_id, answer))
            started = time.perf_counter()
            worker.start()
            peak = answer.get()
            worker.join()
            seconds = time.perf_counter() - started
            with state.database.read() as session:
                done = session.get_one(Export, export.id)
            if done.size_bytes is None:
                raise click.ClickException("the export failed; see the log")
            figures = {
                "masks": count,
                "peak_rss_mib": round(peak / 1024, 1),
                "worker_seconds": round(seconds, 1),
                "masks_per_second": round(count / seconds, 1),
                "asked_seconds": round(asked, 2),
                "archive_mib": round(done.size_bytes / 2**20, 1),
            }
            # Now: removing hundreds of thousands of files may take longer than the export.
            click.echo(json.dumps(figures), err=True)
            return figures
        finally:
            state.close()
            processes.close()


@click.command()
@click.option("--masks", default=5000, show_default=True)
@click.option("--few", default=500, show_default=True, help="To compare with.")
@click.option("--height", default=240, show_default=True)
@click.option("--width", default=320, show_default=True)
@click.option(
    "--format", "kind", type=click.Choice([k.value for k in ExportFormat]), default="coco"
)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(masks: int, few: int, height: int, width: int, kind: str, target: Path | None) -> None:
    """Export many and few masks; print memory, time and size."""
    found = [measure(count, height, width, ExportFormat(kind)) for count in (few, masks)]
    figures = {
        "format": kind,
        "frame": f"{width}x{height}",
        "exports": found,
        "rss_ratio": round(found[1]["peak_rss_mib"] / found[0]["peak_rss_mib"], 3),
    }
    print(json.dumps(figures, indent=2))
    if target:
        target.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
