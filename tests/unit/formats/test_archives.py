"""Archives as other tools pack them: every label on its own image, or a refusal that says why."""

import io

import numpy as np
import pytest

from bench.label_archives import OTHERS, Packed, own, zipped
from worker.formats.layouts import READERS, WRITERS, layout_of
from worker.formats.originals import image_of
from worker.formats.source import Finding
from worker.ingest import DecodeError, DecodeLimits, decode
from worker.labels_import.archive import ArchiveLimits, ZipTree

LIMITS = ArchiveLimits(file_bytes=50_000_000, total_bytes=500_000_000)


def read(packed: Packed) -> tuple[str, dict[str, np.ndarray], list[Finding]]:
    """Layout, lesion numbers by image, and findings."""
    tree = ZipTree(io.BytesIO(zipped(packed.files)), LIMITS)
    layout = layout_of(tree)
    labels, findings = {}, list(tree.findings)
    for entry in READERS[layout](tree):
        if isinstance(entry, Finding):
            findings.append(entry)
            continue
        image = image_of(entry, lambda data: decode(data, DecodeLimits()), DecodeError)
        assert entry.name not in labels, "an image has one label"
        labels[entry.name] = entry.labels(image.frame.height, image.frame.width)
    return layout, labels, findings


def hold(packed: Packed) -> list[Finding]:
    """Every label is as it should be."""
    layout, labels, findings = read(packed)
    assert layout == packed.layout
    if layout == "tfrecord":
        labels = {name.partition("#")[0]: found for name, found in labels.items()}
    assert labels.keys() == packed.right.keys(), findings
    for name, right in packed.right.items():
        found = labels[name]
        if not np.array_equal(found, right):  # numbers may differ where the format has none
            assert np.array_equal(found > 0, right > 0), name
            assert len(np.unique(found)) == len(np.unique(right)), name
    assert not [finding for finding in findings if finding.bad]
    return findings


@pytest.mark.parametrize("name", list(OTHERS))
def test_other_tools_archives_are_read(name: str) -> None:
    hold(OTHERS[name]())


@pytest.mark.parametrize("format", list(WRITERS))
def test_our_own_archives_are_read(format: str) -> None:
    assert hold(own(format)) == []


@pytest.mark.parametrize("name", list(OTHERS))
def test_a_stray_json_changes_nothing(name: str) -> None:
    packed = OTHERS[name]()
    stray = {"notes.json": b'{"categories": []}', "x/meta.json": b"[1, 2", "y.json": b"\xff"}
    hold(Packed({**packed.files, **stray}, packed.layout, packed.right))
