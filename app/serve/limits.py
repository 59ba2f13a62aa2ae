"""Seconds and sizes that the supervisor and the parts it runs must agree on."""

BACKLOG = 2048
"""Connections that wait in the listening socket, for instance while an api process restarts."""
DRAIN_SECONDS = 10
"""Seconds in which an api process lets open requests finish after it was asked to stop."""
API_STOP_SECONDS = DRAIN_SECONDS + 3.0
WORKER_STOP_SECONDS = 20.0
"""A job that takes longer is released: its lease runs out and the next worker does it again."""
WORKER_NICE = 5
"""Niceness of workers, but for those that somebody at a drawing waits for. Pages are answered in
milliseconds; without it they wait until a network that runs on every core has had its turn."""
BROKER_START_SECONDS = 10.0
BROKER_STOP_SECONDS = 3.0
READY_SECONDS = 60.0
"""After this long without being ready the terminal says what is missing."""
DEATHS_BEFORE_READY = 3
"""A part that dies this often before the first time that all is ready will not come up."""
IDLE_SECONDS = 900.0
"""After so long without a job a worker ends that is started again when one comes."""
