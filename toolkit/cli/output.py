"""Everything that is printed goes through here: data to stdout, messages and progress to stderr.

What is printed may hold names that somebody else gave to files, boards and devices. No name can move the cursor, clear
the screen or pass for markup, and every name can be printed, whatever the terminal's encoding.
"""

from __future__ import annotations

import codecs
import json
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_state = {"json": False}

# Control characters of both sets, those that turn the direction of writing round, and halves of characters, as Python
# has them for bytes of a file's name that are not UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_ASCII = {"…": "...", "→": "->", "✓": "yes", "✗": "no", "–": "-", "—": "-", "×": "x", "µ": "u", "·": "."}  # noqa: RUF001
"""For a terminal that knows nothing else."""


def visible(text: str) -> str:
    """The same text with everything that is no character in words: "\\x1b" for ESC. Line ends stay."""
    return _UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def plain(value: object) -> str:
    """A name or path as it may stand in markup, where `[/bold]` is a word of its own."""
    from rich.markup import escape

    return escape(visible(str(value)))


def _in_ascii(caught: UnicodeError) -> tuple[str, int]:
    if not isinstance(caught, UnicodeEncodeError):
        raise caught
    text = caught.object[caught.start : caught.end]
    return "".join(_ASCII.get(sign, sign.encode("unicode_escape").decode()) for sign in text), caught.end


codecs.register_error("tinyml", _in_ascii)


def prepare_streams() -> None:
    """Make stdout and stderr fit for every text, and be there at all.

    A program may be started with its outputs closed. The next file that is opened would then get their number, and be
    written into by whatever prints.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - until the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="tinyml")


def _console(*, stderr: bool) -> Console:
    from collections.abc import Iterable

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.segment import Segment

    class Safe(Console):
        """Shows every control character that a text holds; rich's own, for colours and progress, come later."""

        def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
            for segment in super().render(renderable, options):
                if segment.control is None and _UNPRINTABLE.search(segment.text):
                    yield Segment(visible(segment.text), segment.style)
                else:
                    yield segment

    return Safe(stderr=stderr, highlight=False, emoji=False)


def stdout() -> Console:
    """Where results go."""
    return _console(stderr=False)


def stderr() -> Console:
    """Where messages and progress go, so that piped data stay clean."""
    return _console(stderr=True)


def line(text: str) -> None:
    """One plain line of result."""
    sys.stdout.write(visible(text) + "\n")


def say(text: str) -> None:
    """One line that tells what is going on."""
    stderr().print(f"[dim]{plain(text)}[/dim]", soft_wrap=True)


def warning(text: str) -> None:
    """One line that is no error, and should not be overlooked."""
    from rich.markup import escape

    stderr().print(f"[bold yellow]warning:[/bold yellow] {escape(text)}", soft_wrap=True)


def use_json(asked: bool) -> bool:
    """Option callback: from now on stdout carries one JSON value and nothing else."""
    _state["json"] = asked
    return asked


def data(value: Any) -> None:
    """Print one JSON value."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def error(message: str, hint: str) -> None:
    """An error in one line, and what to try in the next; with --json also as a value on stdout."""
    console = stderr()
    console.print(f"[bold red]error:[/bold red] {plain(' '.join(message.split()))}", soft_wrap=True)
    if hint:
        console.print(f"[bold]try:[/bold]   {plain(' '.join(hint.split()))}", soft_wrap=True)
    if _state["json"]:
        data({"error": message, "hint": hint})


def warn(message: str, hint: str = "") -> None:
    """Something that is wrong and ends nothing."""
    text = " ".join(f"{message}; {hint}".split()) if hint else " ".join(message.split())
    stderr().print(f"[yellow]warning:[/yellow] {plain(text)}", soft_wrap=True)


class _Lines(logging.Formatter):
    """One record, one line of visible characters."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def log_to_stderr(level: int = logging.WARNING) -> None:
    """What the stages log from this level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def verbose(asked: bool) -> bool:
    """Option callback: show the commands that are run."""
    if asked:
        log_to_stderr(logging.INFO)
    return asked
