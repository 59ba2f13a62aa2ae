"""The thread that outlines: newest frame, pipeline, and to whoever watches."""

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
"""Between two looks at the source while nobody watches; nothing is outlined then."""


class Engine:
    """Outlines while somebody watches.

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
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, with the process that decodes."""
        self._stopping.set()
        self._thread.join(30)

    def watch(self, watched: bool) -> None:
        """Whether anybody watches."""
        if watched:
            self._watched.set()
        else:
            self._watched.clear()

    def restart(self) -> None:
        """Begin again with the source."""
        self._again.set()

    def up_to(self, number: int) -> tuple[Outlined, ...]:
        """The frames of the last seconds up to one."""
        with self._lock:
            return self._recent.up_to(number)

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                if self._again.is_set():
                    self._again.clear()
                    self._grabber.restart()
                if self._grabber.is_unopened_file and not self._watched.wait(UNWATCHED_SECONDS):
                    continue  # a film does not begin before an empty room
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
            # Not the traceback with its values: they may be out of a picture.
            log.error("outlining stopped: %s", type(error).__qualname__)
            self._say(State("refused", "model"))
        finally:
            self._grabber.close()

    def _say(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self._tell(state)
