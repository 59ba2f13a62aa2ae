"""The outlining thread: runs the pipeline on the newest frame and publishes the result."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from worker.live.grabber import Grabber, State
from worker.live.outliner import Outlined, Outliner
from worker.live.recent import Recent
from worker.pipeline import ModelError

log = logging.getLogger(__name__)

UNWATCHED_SECONDS = 0.25
"""Time between two checks of the source while nobody watches; nothing is outlined then."""


class Engine:
    """Outlines frames while somebody watches.

    Args:
        publish: called in the thread with each outlined frame.
        tell: called in the thread when the state of the source changes.
    """

    def __init__(
        self,
        grabber: Grabber,
        outliner: Outliner,
        recent: Recent,
        publish: Callable[[Outlined], None],
        tell: Callable[[State], None],
    ) -> None:
        self._grabber, self._outliner, self._recent = grabber, outliner, recent
        self._publish, self._tell = publish, tell
        self._watched = threading.Event()
        self._again = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self.state = grabber.state

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and the decoding process."""
        self._stopping.set()
        self._thread.join(30)

    def watch(self, watched: bool) -> None:
        """Set whether anybody watches."""
        if watched:
            self._watched.set()
        else:
            self._watched.clear()

    def restart(self) -> None:
        """Restart the source."""
        self._again.set()

    def up_to(self, number: int) -> tuple[Outlined, ...]:
        """Return the frames of the last seconds up to a given one."""
        with self._lock:
            return self._recent.up_to(number)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._again.is_set():
                    self._again.clear()
                    self._grabber.restart()
                if self._grabber.is_unopened_file and not self._watched.wait(UNWATCHED_SECONDS):
                    continue  # a file does not start while nobody watches
                grabbed = self._grabber.newest()
                self._say(self._grabber.state)
                if grabbed is None:
                    continue
                if not self._watched.is_set():
                    time.sleep(UNWATCHED_SECONDS)
                    continue
                outlined = self._outliner.outline(grabbed)
                with self._lock:
                    self._recent.add(outlined)
                self._publish(outlined)
        except ModelError as error:
            log.error("%s", error)
            self._say(State("refused", "model"))
        except Exception as error:
            # Not the traceback with its values, which may come from a picture.
            log.error("outlining stopped: %s", type(error).__qualname__)
            self._say(State("refused", "model"))
        finally:
            self._grabber.close()

    def _say(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._tell(state)
