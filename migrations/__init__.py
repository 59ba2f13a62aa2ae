"""Database migrations, run by `sonoloop migrate` and at the start of `sonoloop serve`."""
