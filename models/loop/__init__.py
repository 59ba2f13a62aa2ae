"""From a pool to a candidate by one recipe without a configuration file: fine-tune the serving
model, average its weights with the parent's, and keep the parent's pipeline."""
