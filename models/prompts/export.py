"""Write the network of prompts as ONNX, with its metadata beside it.

python -m models.prompts.export --run runs/prompts --out models/zoo/sonoloop-prompts/1.0.0
"""

from __future__ import annotations

import warnings
from pathlib import Path

import click
import numpy as np
import onnxruntime
import torch

from models.prompts.network import Served, prompted_deeplab
from models.training.checkpoint import CHECKPOINT_FILE
from worker.interactive.prompt_network import GRAPH_FILE
from worker.interactive.prompts import PLANES

OPSET = 18
LARGEST_DIFFERENCE = 1e-3
"""Largest difference between the logits of the graph and of the network."""


@click.command()
@click.option("--run", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
def main(run: Path, out: Path) -> None:
    """Export the averaged weights of a run, and compare the graph with the network."""
    network = prompted_deeplab()
    state = torch.load(run / CHECKPOINT_FILE, weights_only=True)
    network.load_state_dict(state["average"])
    served = Served(network).eval()
    out.mkdir(parents=True, exist_ok=True)
    graph = out / GRAPH_FILE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            served,
            _inputs(96, 160),
            str(graph),
            input_names=["image", "planes"],
            output_names=["logits"],
            dynamic_axes={
                "image": {1: "height", 2: "width"},
                "planes": {2: "height", 3: "width"},
                "logits": {1: "height", 2: "width"},
            },
            opset_version=OPSET,
            dynamo=False,
        )
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    for height, width in ((192, 192), (96, 192), (192, 128)):
        image, planes = _inputs(height, width)
        with torch.no_grad():
            wanted = served(image, planes).numpy()
        said = session.run(None, {"image": image.numpy(), "planes": planes.numpy()})[0]
        difference = float(np.abs(said - wanted).max())
        click.echo(f"{height}×{width}: graph and network differ by at most {difference:.1e}")
        if not difference <= LARGEST_DIFFERENCE:
            raise click.ClickException("The graph is not the network.")
    click.echo(f"{graph}: {graph.stat().st_size / 1e6:.1f} MB, {state['done']} steps")


def _inputs(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (1, height, width, 3), generator=generator, dtype=torch.uint8)
    planes = (torch.rand(1, len(PLANES), height, width, generator=generator) > 0.9).float()
    return image, planes


if __name__ == "__main__":
    main()
