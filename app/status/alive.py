"""Whether a worker of this host was seen recently: the health check of a worker's container.

`python -m app.status.alive` exits with 0 or 1.
"""

import socket
import sys

from app.core.database import Database
from app.core.settings import get_settings
from app.status.records import fresh


def alive(database: Database, host: str) -> bool:
    """Whether a worker on that host reported itself lately."""
    with database.read() as session:
        return any(worker.host == host for worker in fresh(session))


if __name__ == "__main__":
    sys.exit(0 if alive(Database(get_settings().database), socket.gethostname()) else 1)
