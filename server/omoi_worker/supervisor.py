"""Runs the work in its own thread while this one beats, keeps the time and hears signals."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from omoi_worker.context import StopRequested
from omoi_worker.journal import Journal, JournalError

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_DONE = 0
"""The byte that the working thread sends; no signal has number 0."""


@dataclass(frozen=True)
class Outcome:
    """How an attempt ends: "succeeded", "gated", "failed", "stopped" or "conflict", and why.

    `journal_broken`: the reason is the journal itself.
    """

    outcome: str
    message: str
    traceback: str = ""
    journal_broken: bool = False


class Supervisor:
    """Owns the main thread. Signals arrive as bytes in a pipe, so a handler never runs inside a lock."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._outcome: Outcome | None = None
        self._thread: threading.Thread | None = None

    @property
    def working(self) -> bool:
        """Whether the working thread still runs; it is no longer listened to once `run` has returned."""
        return self._thread is not None and self._thread.is_alive()

    def listen(self) -> None:
        """From now on SIGTERM, SIGINT and SIGHUP are kept for `run`. Call it in the main thread."""
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in _SIGNALS:
            signal.signal(number, _leave_it_to_the_pipe)
        # A write beyond RLIMIT_FSIZE then fails with EFBIG, which the journal reports, and does not kill.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    def run(
        self,
        work: Callable[[], Outcome],
        journal: Journal,
        heartbeat_seconds: float,
        seconds_left: float,
        doing: Callable[[], str],
    ) -> Outcome:
        """Start `work` and return its outcome, or that of a signal, the time limit or a broken journal."""
        self._thread = threading.Thread(target=self._work, args=(work,), name="work", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + seconds_left
        beat = time.monotonic() + heartbeat_seconds
        while True:
            now = time.monotonic()
            ready, _, _ = select.select([self._read], [], [], max(0.0, min(beat, deadline) - now))
            if ready:
                outcome = self._heard(os.read(self._read, 256))
                if outcome is not None:
                    return outcome
            elif time.monotonic() >= deadline:
                return Outcome("failed", f"The time limit of the job is reached while {doing()}.")
            elif time.monotonic() >= beat:
                beat += heartbeat_seconds
                try:
                    journal.append("heartbeat")
                except JournalError as error:
                    return Outcome("failed", str(error), journal_broken=True)

    def _heard(self, content: bytes) -> Outcome | None:
        numbers = [number for number in content if number != _DONE]
        if _DONE in content and self._outcome is not None:
            return self._outcome
        if numbers:
            return Outcome("stopped", f"Stopped by {signal.Signals(numbers[0]).name}.")
        return None

    def _work(self, work: Callable[[], Outcome]) -> None:
        try:
            outcome = work()
        except StopRequested as stop:
            outcome = Outcome("stopped", str(stop))
        except JournalError as error:
            outcome = Outcome("failed", str(error), journal_broken=True)
        except BaseException as error:
            # Whatever it is, the attempt must say so: nobody else will.
            outcome = Outcome("failed", told(error), traceback=traceback.format_exc())
        self._outcome = outcome
        os.write(self._write, bytes([_DONE]))


def told(error: BaseException) -> str:
    """Our own errors name reason and remedy; others need their name to make sense."""
    own = type(error).__module__.startswith("omoi_") and str(error)
    return str(error) if own else f"{type(error).__name__}: {error}"


def _leave_it_to_the_pipe(number: int, frame: object) -> None:
    """The wakeup descriptor has the number already; a handler must exist for it to be written."""
