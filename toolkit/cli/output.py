"""Everything that is printed goes through here: data to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_state = {"json": False}


def stdout() -> Console:
    """Where results go."""
    from rich.console import Console

    return Console(highlight=False)


def stderr() -> Console:
    """Where messages and progress go, so that piped data stay clean."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def table(rows: Table) -> None:
    """A table of results. A line too long for the terminal is folded by it: cut off, a figure would be another one."""
    console = stdout()
    wide = console.options.update(max_width=1000)
    console.width = max(console.width, console.measure(rows, options=wide).maximum)
    console.print(rows)


def line(text: str) -> None:
    """One plain line of result."""
    sys.stdout.write(text + "\n")


def say(text: str) -> None:
    """One line that tells what is going on."""
    from rich.markup import escape

    stderr().print(f"[dim]{escape(text)}[/dim]", soft_wrap=True)


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
    from rich.markup import escape

    console = stderr()
    console.print(f"[bold red]error:[/bold red] {escape(' '.join(message.split()))}", soft_wrap=True)
    if hint:
        console.print(f"[bold]try:[/bold]   {escape(' '.join(hint.split()))}", soft_wrap=True)
    if _state["json"]:
        data({"error": message, "hint": hint})


def verbose(asked: bool) -> bool:
    """Option callback: show the commands that are run."""
    if asked:
        logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    return asked
