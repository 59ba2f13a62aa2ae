"""Migrations of the database, run by `sonoloop migrate` and at the start of `sonoloop serve`."""
