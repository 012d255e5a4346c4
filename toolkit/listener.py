"""What a caller of api.py is told while it waits: the command line draws bars, a notebook may print."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.artifacts import Build
    from toolkit.flash.base import Progress as Uploaded
    from toolkit.train import Progress
    from toolkit.verify import Progress as Answered


def _nothing(*_: Any, **__: Any) -> None:
    pass


class Listener:
    """Hears everything and shows nothing; a child shows what it likes.

    The context managers stand around a long piece of work and give the function that is told how far it is.
    """

    def say(self, text: str) -> None:
        """What is going on, in one line."""

    def warn(self, message: str, hint: str = "") -> None:
        """Something that is wrong and ends nothing."""

    def built(self, build: Build) -> None:
        """`run` has a build, before it is put on the board."""

    def training(self) -> AbstractContextManager[Callable[[Progress], None]]:
        """Around a training."""
        return contextlib.nullcontext(_nothing)

    def uploading(self) -> AbstractContextManager[Uploaded]:
        """Around an upload."""
        return contextlib.nullcontext(_nothing)

    def answering(self, who: str) -> AbstractContextManager[Answered]:  # noqa: ARG002 - for children
        """Around the computing of many outputs.

        Args:
            who: computes: "host", "verify" for the device, or "faults" for those that are planted on the host.
        """
        return contextlib.nullcontext(_nothing)


SILENT = Listener()
