"""Seconds and sizes that the supervisor and the parts it runs must agree on."""

BACKLOG = 2048
"""Connections that may wait in the listening socket, such as while an api process restarts."""
DRAIN_SECONDS = 10
"""Seconds for which an api process lets open requests finish after it is asked to stop."""
API_STOP_SECONDS = DRAIN_SECONDS + 3.0
WORKER_STOP_SECONDS = 20.0
"""A job that takes longer is released: its lease expires and another worker runs it again."""
WORKER_NICE = 5
"""Niceness of workers, except the one that answers people who are drawing: pages take milliseconds
and should not wait for a network that runs on every core."""
BROKER_START_SECONDS = 10.0
BROKER_STOP_SECONDS = 3.0
READY_SECONDS = 60.0
"""If it is not ready after this time, the terminal shows what is missing."""
DEATHS_BEFORE_READY = 3
"""If a part dies this often before everything is ready, the start fails."""
IDLE_SECONDS = 900.0
"""A worker that is started on demand ends after this time without a job or a request."""
