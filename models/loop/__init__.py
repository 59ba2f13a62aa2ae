"""From a pool to a candidate by one recipe that needs no file: fine-tune the model that serves,
average its weights with their parent's, and keep the parent's pipeline."""
