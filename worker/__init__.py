"""The workers: image processing and other jobs, in processes of their own."""

import os

# Read when ONNX Runtime is loaded. Its wheel sends events to its maker otherwise, and leaves a file
# in the temporary folder; nothing of a site is sent anywhere.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
