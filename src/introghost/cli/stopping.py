"""What stops a command from outside: signals, and readers of its output that go away."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import TextIO

BROKEN_PIPE_CODE = 128 + signal.SIGPIPE
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


class Stopped(BaseException):
    """A signal asks the process to end.

    It derives from neither `Exception` nor `KeyboardInterrupt`, which libraries catch: Lightning ends a training that
    is interrupted in a way of its own. Clean-up runs, and nothing else.

    Parameters
    ----------
    number : int
        Of the signal.

    Attributes
    ----------
    signal : signal.Signals
    exit_code : int
        128 and the number of the signal, as shells count: 130 for Ctrl-C, 143 for SIGTERM.
    """

    def __init__(self, number: int) -> None:
        self.signal = signal.Signals(number)
        self.exit_code = 128 + number
        super().__init__(f"stopped by {self.signal.name}; run the command again")


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Within the block, signals that would end the process raise `Stopped`, so that temporary files are removed.

    A signal that is ignored, as under ``nohup``, or that has a handler of somebody else, is left as it is. Outside the
    main thread, where Python delivers no signals, nothing changes.
    """
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {one: handler for one in _SIGNALS if (handler := signal.getsignal(one)) in _DEFAULTS}
    try:
        for number in handlers:
            signal.signal(number, _stop)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped(number)


def _streams() -> list[TextIO]:
    """Standard output and error, as far as they are open."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def flush() -> None:
    """Print what is still in buffers, so that an error of the reader or of the disk is noticed."""
    for stream in _streams():
        stream.flush()


def close_broken_streams() -> None:
    """Send to nowhere what can't be printed any more: Python would fail to flush it at exit, with a traceback."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
