"""Starts the decoding process (`worker.decoding.child`): `python -m worker.decoding_process`.

It is not in that package, because importing the package first would load what this leaves out.
"""

import sys

sys.modules["requests"] = None  # type: ignore[assignment]  # pydicom downloads its examples with it

from app.core.imports import lasting_imports  # noqa: E402

with lasting_imports():
    from worker.decoding.child import main

if __name__ == "__main__":
    main()
