"""Long work in one worker thread, told and stopped from the thread that shows it."""

import logging
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Generic, Literal, TypeVar

from psygnal import Signal

from viewer.errors import ViewerError
from viewer.progress import Cancelled, Progress

Result = TypeVar("Result")
State = Literal["waiting", "running", "done", "cancelled", "failed"]
Post = Callable[[Callable[[], None]], None]

log = logging.getLogger(__name__)
TELL_EVERY_S = 0.05


@dataclass(eq=False)
class Job(Generic[Result]):
    """One piece of long work; its fields change only in the thread that shows it."""

    title: str
    state: State = "waiting"
    fraction: float = 0.0
    message: str = ""
    sentence: str = ""
    started: float = 0.0
    _cancel: Event = field(default_factory=Event)
    _told: deque[tuple[float, float]] = field(default_factory=deque)

    def cancel(self) -> None:
        """Ask the work to stop; it ends within a second."""
        self._cancel.set()

    @property
    def over(self) -> bool:
        """Whether the work has ended, well or not."""
        return self.state in ("done", "cancelled", "failed")

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the later half of what is done so far; None in the first moments."""
        now = time.monotonic()
        if self.state != "running" or self.fraction < 0.02 or now - self.started < 1.0:
            return None
        since, then = self._told[0] if self._told else (self.started, 0.0)
        if then > self.fraction / 2:
            since, then = self.started, 0.0
        return (now - since) * (1.0 - self.fraction) / (self.fraction - then)

    def tell(self, fraction: float, message: str = "") -> None:
        """Note how far it is; an empty message keeps the one before."""
        self.fraction, self.message = fraction, message or self.message
        self._told.append((time.monotonic(), fraction))
        while len(self._told) > 1 and self._told[1][1] <= fraction / 2:
            self._told.popleft()


class Jobs:
    """Runs jobs one after the other in one worker thread.

    `post` hands a function to the thread that shows things; it is the only piece that knows how.
    `changed` is emitted there with the job whenever its state or progress changes.
    """

    changed = Signal(object)

    def __init__(self, post: Post) -> None:
        self.post = post
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="job")
        self._running: list[tuple[Job[Any], Future[None]]] = []

    @property
    def current(self) -> Job[Any] | None:
        """The job that is running or waits first."""
        return next((job for job, _ in self._running if not job.over), None)

    def start(
        self,
        title: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[str, BaseException], None] | None = None,
    ) -> Job[Result]:
        """Run `work` in the worker; `done` gets its result in the showing thread.

        `failed` gets a sentence and the error; a cancelled job calls neither.
        """
        job: Job[Result] = Job(title)
        self._running = [pair for pair in self._running if not pair[0].over]
        future = self._pool.submit(self._run, job, work, done, failed)
        self._running.append((job, future))
        self.changed.emit(job)
        return job

    def _run(
        self,
        job: Job[Result],
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        failed: Callable[[str, BaseException], None] | None,
    ) -> None:
        told = 0.0

        def begin() -> None:
            job.state, job.started = "running", time.monotonic()
            self.changed.emit(job)

        def tell(fraction: float, message: str) -> None:
            nonlocal told
            moment = time.monotonic()
            if moment - told < TELL_EVERY_S and not message:
                return
            told = moment
            self.post(lambda: self._told(job, fraction, message))

        self.post(begin)
        try:
            progress = Progress(tell, job._cancel)
            progress.check()
            result = work(progress)
        except Cancelled:
            self.post(lambda: self._end(job, "cancelled", f"{job.title} was cancelled"))
        except ViewerError as error:
            sentence, cause = str(error), error
            self.post(lambda: self._fail(job, sentence, cause, failed))
        except BaseException as error:
            log.exception("%s failed", job.title)
            reason = " (out of memory)" if isinstance(error, MemoryError) else ""
            sentence, other = f"{job.title} failed{reason}; your case is unchanged.", error
            self.post(lambda: self._fail(job, sentence, other, failed))
        else:
            self.post(lambda: self._finish(job, result, done))

    def _told(self, job: Job[Any], fraction: float, message: str) -> None:
        if job.over:
            return
        job.tell(fraction, message)
        self.changed.emit(job)

    def _end(self, job: Job[Any], state: State, sentence: str) -> None:
        job.state, job.sentence = state, sentence
        self.changed.emit(job)

    def _fail(
        self,
        job: Job[Any],
        sentence: str,
        error: BaseException,
        failed: Callable[[str, BaseException], None] | None,
    ) -> None:
        if failed is not None:
            failed(sentence, error)
        self._end(job, "failed", sentence)

    def _finish(self, job: Job[Result], result: Result, done: Callable[[Result], None]) -> None:
        job.fraction = 1.0
        done(result)
        self._end(job, "done", "")

    def cancel_all(self) -> None:
        """Ask every job to stop."""
        for job, _ in self._running:
            job.cancel()

    def close(self) -> None:
        """Cancel everything and wait for the worker to end."""
        self.cancel_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
