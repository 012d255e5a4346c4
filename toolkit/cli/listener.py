"""What the commands show while they work, on stderr: lines, warnings and bars."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from toolkit.cli import output
from toolkit.listener import Listener

if TYPE_CHECKING:
    from rich.progress import TaskID

    from toolkit.flash.base import Step
    from toolkit.train import Progress


LINES = "TINYML_LINES"
"""Environment variable: lines in place of bars. `tinyml run` over several boards sets it for each."""


class UploadBar:
    """The upload's steps and bytes, on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            console=output.stderr(),
            transient=True,
        )
        self._task = self._bar.add_task("flash", total=None)
        self._said = ""

    def __enter__(self) -> UploadBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, step: Step) -> None:
        """Show one step; a step without a length is a line of its own."""
        if step.total:
            self._bar.update(self._task, description=step.text, completed=step.done, total=step.total)
        elif step.text != self._said:
            output.say(step.text)
        self._said = step.text


class AnswersBar:
    """A bar with images per second, on stderr; quiet where stderr is no terminal."""

    def __init__(self, name: str = "verify") -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("[red]{task.fields[trouble]}[/red]"),
            console=output.stderr(),
            transient=True,
        )
        self._name = name
        self._unit = "faults" if name == "faults" else "images"
        self._task: TaskID | None = None

    def __enter__(self) -> AnswersBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:
        """Show that `done` of `total` are answered."""
        if self._task is None:
            self._task = self._bar.add_task(self._name, total=total, completed=done, rate="", trouble="")
        speed = self._bar.tasks[0].finished_speed or self._bar.tasks[0].speed
        trouble = " ".join(
            text
            for text in (f"{done - exact} differ" if exact < done else "", f"{resent} resent" if resent else "")
            if text
        )
        rate = f"{speed:.0f} {self._unit}/s" if speed else ""
        self._bar.update(self._task, total=total, completed=done, rate=rate, trouble=trouble)


class AnswersLines:
    """For another program that reads stderr: how far it is as a line, every few seconds."""

    EVERY_SECONDS = 5.0

    def __init__(self, name: str) -> None:
        self._name = name
        self._next = time.monotonic() + self.EVERY_SECONDS

    def __enter__(self) -> AnswersLines:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, done: int, total: int, exact: int, resent: int) -> None:
        """Say that `done` of `total` are answered, if the last line is long ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self.EVERY_SECONDS
        trouble = f", {done - exact} differ" if exact < done else ""
        output.say(f"{self._name}: {done:,} of {total:,}{trouble}{f', {resent} resent' if resent else ''}")


class TrainingBar:
    """A bar per phase, with the loss and the accuracy on the held-out images, on stderr."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=output.stderr(),
        )
        self._task = self._bar.add_task("train", total=None, status="")

    def __enter__(self) -> TrainingBar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, at: Progress, title: str = "") -> None:
        """Show where the training stands; `title` comes first."""
        held_out = f"  held-out {at.validation:.4f}" if at.validation is not None else ""
        self._bar.update(
            self._task,
            description=f"{title}{at.phase} epoch {at.epoch}/{at.epochs}",
            total=at.epochs,
            completed=at.epoch - 1 + at.fraction,
            status=f"loss {at.loss:.4f}{held_out}",
        )


class Terminal(Listener):
    """The listener of every command."""

    def say(self, text: str) -> None:
        """See `Listener`."""
        output.say(text)

    def warn(self, message: str, hint: str = "") -> None:
        """See `Listener`."""
        output.warn(message, hint)

    def training(self) -> TrainingBar:
        """See `Listener`."""
        return TrainingBar()

    def uploading(self) -> UploadBar:
        """See `Listener`."""
        return UploadBar()

    def answering(self, who: str) -> AnswersBar | AnswersLines:
        """See `Listener`."""
        return AnswersLines(who) if os.environ.get(LINES) else AnswersBar(who)
