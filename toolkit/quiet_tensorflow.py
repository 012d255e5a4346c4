"""TensorFlow's C++ side writes to file descriptor 2 whatever its log level: catch that, keep it for -v."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


def load_tensorflow() -> None:
    """Import TensorFlow without its start-up messages; its C++ side keeps quiet later too."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # AutoGraph gives the nodes of a syntax tree a field of its own, which Python 3.13 deprecates. Where warnings are
    # errors it would leave functions as they are, and training would fail as if they were wrong.
    warnings.filterwarnings("ignore", r".*'___pyct_anno'", DeprecationWarning)
    with quiet():
        tensorflow = importlib.import_module("tensorflow")
        importlib.import_module("keras")
        tensorflow.config.list_physical_devices()  # looks for a GPU, and complains where there is none


@contextmanager
def quiet() -> Iterator[None]:
    """Within it, whatever is written to the standard error goes to the log at level debug."""
    try:
        target = sys.__stderr__.fileno() if sys.__stderr__ is not None else 2
        saved = os.dup(target)
    except (OSError, ValueError):  # no standard error to be kept quiet
        yield
        return
    with tempfile.TemporaryFile() as caught:
        try:
            os.dup2(caught.fileno(), target)
            yield
        finally:
            os.dup2(saved, target)
            os.close(saved)
            caught.seek(0)
            for line in caught.read().decode(errors="replace").splitlines():
                log.debug("%s", line)
