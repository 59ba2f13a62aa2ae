"""Tools for a person who is drawing: pure functions over arrays, like the pipeline."""

from worker.interactive.box import outline_in_box
from worker.interactive.defaults import BOX, NEW, REFINE
from worker.interactive.frames import FrameCache, ReadFrame, read_frame
from worker.interactive.new import outline_new
from worker.interactive.prompt_network import PromptNetwork, prompt_network
from worker.interactive.refine import refine
from worker.interactive.runs import decode_runs, encode_runs
from worker.interactive.settings import BoxSettings, RefineSettings

__all__ = [
    "BOX",
    "NEW",
    "REFINE",
    "BoxSettings",
    "FrameCache",
    "PromptNetwork",
    "ReadFrame",
    "RefineSettings",
    "decode_runs",
    "encode_runs",
    "outline_in_box",
    "outline_new",
    "prompt_network",
    "read_frame",
    "refine",
]
