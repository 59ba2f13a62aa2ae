"""Training, evaluation and export of the segmentation networks."""

import os

# Read once, when torch loads OpenMP. Threads that spin while waiting take cores from the threads
# that they wait for: beside a busy process a step then takes four times as long as on one thread;
# with this setting it never takes longer (`python -m bench.threads`).
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# See `worker/__init__.py`.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
