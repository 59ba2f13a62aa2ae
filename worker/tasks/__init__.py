"""What workers do: take a job by its lease, run the pipeline, leave exactly one result."""
