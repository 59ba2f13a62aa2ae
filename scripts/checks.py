"""Runs each command line given, all of them even when one fails, and fails if any did.

--at-once: side by side. What the first says is seen as it is said; what the others say follows,
one after the other.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(first: str, *others: str) -> list[int]:
    """Run command lines side by side; their exit statuses. Waits for all, also after Ctrl-C."""
    print(f"\n── {first}", flush=True)
    with ExitStack() as stack:
        shown = subprocess.Popen(first, shell=True, cwd=ROOT)
        stack.callback(shown.wait)
        started = []
        for line in others:
            file = stack.enter_context(tempfile.NamedTemporaryFile())
            process = subprocess.Popen(line, shell=True, cwd=ROOT, stdout=file, stderr=file)
            stack.callback(process.wait)
            started.append((line, Path(file.name), process))
        statuses = [shown.wait()]
        for line, output, process in started:
            print(f"\n── {line}", flush=True)
            statuses.append(_followed(output, process))
        return statuses


def _followed(output: Path, process: "subprocess.Popen[bytes]") -> int:
    """Print what a process writes to a file until it ends; its exit status."""
    with output.open("rb") as file:
        status = None
        while status is None:
            status = process.poll()
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.flush()
            time.sleep(0.2)
    return status


def main(arguments: list[str]) -> int:
    """Exit status: 1 if any of the lines failed."""
    if arguments[0] == "--at-once":
        lines = arguments[1:]
        statuses = run(*lines)
    else:
        lines = arguments
        statuses = [status for line in lines for status in run(line)]
    failed = [line for line, status in zip(lines, statuses, strict=True) if status]
    if failed:
        print("\nFailed:", *failed, sep="\n  ", file=sys.stderr)
        return 1
    print("\nAll passed.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:  # which each command gets as well, and ends in its own way
        sys.exit(130)
