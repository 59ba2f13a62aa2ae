"""From a checkpoint to a model folder that serves: export, calibration, domain, quantisation."""
