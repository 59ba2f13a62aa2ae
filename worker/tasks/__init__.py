"""Tasks of workers: take a job by its lease, run the pipeline, store exactly one result."""
