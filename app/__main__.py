"""`python -m app` is the same as `sonoloop`, for starting it without knowing where it lies."""

from app.cli import main

main(prog_name="sonoloop")
