"""Commands of the `sonoloop` program about models: options, progress and reports."""
