"""Training of networks: configuration, batches, the loop, checkpoints."""
