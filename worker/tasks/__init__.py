"""Tasks of workers: lease a job, run the pipeline, store exactly one result."""
