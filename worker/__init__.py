"""The workers: image processing and other jobs, in separate processes."""

import os

# Read when ONNX Runtime is loaded. Otherwise its wheel sends events to its vendor and leaves a file
# in the temporary folder; no site data may be sent anywhere.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
