"""Starts the process that decodes (`worker.decoding.child`): `python -m worker.decoding_process`.

Not in that package, whose import would come first and bring what this leaves out.
"""

import sys

sys.modules["requests"] = None  # type: ignore[assignment]  # pydicom downloads its examples with it

from app.core.imports import lasting_imports  # noqa: E402

with lasting_imports():
    from worker.decoding.child import main

if __name__ == "__main__":
    main()
