"""Decodes compressed slices in processes of their own."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import ModuleType

import numpy as np

from viewer.dicom.decoder import Task, serve
from viewer.progress import Progress

POLL_SECONDS = 0.1
SECONDS_A_SLICE = 60.0


class Decoder:
    """One process and the number of the task it works on (-1: none)."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=serve, args=(theirs,), daemon=True)
        with _no_main():
            self.process.start()
        theirs.close()
        self.task = -1
        self.waited = 0.0

    def start(self, number: int, task: Task) -> None:
        """Give it a slice to decode."""
        self.task, self.waited = number, 0.0
        # A process that has died answers with the end of its pipe, which `finish` reports.
        with suppress(OSError):
            self.pipe.send(task)

    def finish(self, out: np.ndarray) -> str:
        """Receive the slice into `out` (int16, contiguous); the reason of a failure, "" if none."""
        try:
            problem = self.pipe.recv_bytes().decode(errors="replace")
            if not problem:
                self.pipe.recv_bytes_into(out.data.cast("B"))
        except (EOFError, OSError):
            problem = "the decoder stopped working"
        return problem

    def stop(self) -> None:
        """End the process at once."""
        self.pipe.close()
        self.process.terminate()
        self.process.join(2.0)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


@contextmanager
def _no_main() -> Iterator[None]:
    """Hides the main module: a new process would load it, and run a script without guard again."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def decode_slices(
    tasks: Sequence[Task], outs: Sequence[np.ndarray], progress: Progress
) -> dict[int, str]:
    """Decode each task into its `outs` array; the reason for each number that failed."""
    failed: dict[int, str] = {}
    waiting = list(range(len(tasks)))[::-1]
    decoders = [Decoder() for _ in range(min(os.cpu_count() or 1, 8, (len(tasks) + 9) // 10))]
    done = 0
    try:
        while done < len(tasks):
            progress.check()
            for decoder in decoders:
                if decoder.task < 0 and waiting:
                    decoder.start(waiting[-1], tasks[waiting.pop()])
            for at in _answered(decoders):
                decoder = decoders[at]
                number = decoder.task
                problem = decoder.finish(outs[number])
                if problem:
                    failed[number] = problem
                if not decoder.process.is_alive() or decoder.waited > SECONDS_A_SLICE:
                    decoder.stop()
                    decoders[at] = Decoder()
                decoder.task = -1
                done += 1
                progress.at(done / len(tasks), "Reading slices")
    finally:
        for decoder in decoders:
            decoder.stop()
    return failed


def _answered(decoders: Sequence[Decoder]) -> list[int]:
    """Which decoders have an answer, have died, or have taken far too long."""
    busy: dict[Connection, int] = {
        decoder.pipe: at for at, decoder in enumerate(decoders) if decoder.task >= 0
    }
    ready = wait(list(busy), POLL_SECONDS)
    answered = [busy[pipe] for pipe in ready if isinstance(pipe, Connection)]
    for pipe, at in busy.items():
        decoder = decoders[at]
        decoder.waited += 0.0 if pipe in ready else POLL_SECONDS
        if decoder.waited > SECONDS_A_SLICE:
            decoder.process.kill()
            decoder.process.join()
            if at not in answered:
                answered.append(at)
    return answered
