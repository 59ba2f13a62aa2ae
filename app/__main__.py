"""`python -m app` is the same as `sonoloop`, for starting it without knowing its path."""

from app.cli import main

main(prog_name="sonoloop")
