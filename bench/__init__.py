"""Every figure of docs/benchmarks.md comes from a command here; each is a ratio within one run."""
