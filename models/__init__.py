"""Training, evaluation and export of the segmentation networks."""
