"""A plain server around one network, as one would write it if nothing else were needed.

    python -m bench.neighbour --engine onnx --port 8001

FastAPI and uvicorn in one process: OpenCV decodes, the network runs on the image and its mirror
image in one batch, the mean of both is thresholded at a probability of one half, and a PNG is
returned. There is no de-identification, sector, CRF, lesions, queue, store, access control or
audit. `bench.serving` compares Sonoloop with it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click
import cv2
import numpy as np
import onnxruntime
import uvicorn
from fastapi import FastAPI, Request, Response
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool

from app.core.settings import Settings
from worker.pipeline.network import as_batch, fit_size, resize_to_fit, unfit
from worker.pipeline.zoo import DEFAULT_MODEL, FoundModel, find_model

ENGINES = {"onnx": DEFAULT_MODEL, "onnx-int8": f"{DEFAULT_MODEL}-int8", "torch": DEFAULT_MODEL}
"""Engines by name, and each one's model."""

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""Maps float32 [2,3,H,W] from 0 to 255 to logits [2,H,W]."""


def with_onnxruntime(model: FoundModel, threads: int) -> Run:
    """Load the graph in ONNX Runtime."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    path = str(model.folder / "model.onnx")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return lambda batch: np.asarray(session.run(["logits"], {"image": batch})[0])[:, 0]


def with_torch(model: FoundModel, threads: int) -> Run:
    """Load the network from which the graph was exported, in PyTorch."""
    import torch
    from pydantic import TypeAdapter
    from safetensors import safe_open

    from models.architectures.networks import NetworkConfig

    torch.set_num_threads(threads)
    with safe_open(model.folder / "weights.safetensors", framework="pt") as stream:
        adapter: TypeAdapter[Any] = TypeAdapter(NetworkConfig)
        config = adapter.validate_json(stream.metadata()["network"])
        weights = {key: stream.get_tensor(key).float() for key in stream.keys()}  # noqa: SIM118 - no mapping
    network = config.build().eval()
    network.load_state_dict(weights)

    def run(batch: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.inference_mode():
            said = network(torch.from_numpy(batch))
        logits = said[0] if isinstance(said, tuple) else said
        return np.asarray(logits[:, 0].numpy())

    return run


def create_app(engine: str, threads: int) -> FastAPI:
    """Make the server; the request's whole body is the image."""
    model = find_model(Settings().model_roots, ENGINES[engine])
    card = model.card
    run = (with_torch if engine == "torch" else with_onnxruntime)(model, threads)

    def mask_of(data: bytes) -> bytes:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        assert pixels is not None
        height, width = pixels.shape
        size = fit_size(height, width, card.input.area, card.input.multiple)
        small = resize_to_fit(np.asarray(pixels, np.uint8), size)
        logits = run(as_batch([small, np.ascontiguousarray(small[:, ::-1])], size))
        mean = (logits[0, :, : size.width] + logits[1, :, : size.width][:, ::-1]) / 2
        mask = unfit(np.ascontiguousarray(mean), size, height, width) > 0
        done, png = cv2.imencode(".png", mask.astype(np.uint8) * 255)
        assert done
        return png.tobytes()

    app = FastAPI()

    @app.post("/segment")
    async def segment(request: Request) -> Response:
        data = await request.body()
        return Response(await run_in_threadpool(mask_of, data), media_type="image/png")

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


@click.command()
@click.option("--engine", type=click.Choice(list(ENGINES)), required=True)
@click.option("--port", type=int, required=True)
@click.option("--threads", type=int, help="Default: one for each core.")
def main(engine: str, port: int, threads: int | None) -> None:
    """Serve on this machine until stopped."""
    app = create_app(engine, threads or len(os.sched_getaffinity(0)))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main()
