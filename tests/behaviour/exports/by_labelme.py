"""Our labelme files, read by labelme itself.

Not collected with the tests, because labelme installs Qt. In a separate environment:

    pip install labelme && python -m pytest tests/behaviour/exports/by_labelme.py
"""

from pathlib import Path

import numpy as np
from labelme import _label_file, utils

from tests.behaviour.exports.test_formats import Pool, names, pool

__all__ = ["pool"]


def test_labelme_by_labelme_itself(pool: Pool, tmp_path: Path) -> None:
    archive = pool.archives["labelme"]
    archive.extractall(tmp_path)
    for name in names(archive, "t", ".json") + names(archive, "validation", ".json"):
        document = _label_file.read_label_file(str(tmp_path / name))
        labels = pool.of((tmp_path / name).with_suffix(".png").read_bytes())
        classes, instances = utils.shapes_to_label(labels.shape, document.shapes, {"lesion": 1})
        assert np.array_equal(classes > 0, labels > 0)
        assert len(np.unique(instances[instances > 0])) == len(np.unique(labels[labels > 0]))
