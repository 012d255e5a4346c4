"""`tinyml`: one application, one file per command group, one place where errors become exit codes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from typing import Annotated, NoReturn

import typer

from toolkit import __version__
from toolkit.cli import (
    bisect,
    boards,
    build,
    compare,
    doctor,
    export,
    flash,
    init,
    models,
    output,
    paper,
    ports,
    profile,
    report,
    run,
    smallest,
    train,
    update,
    verify,
)
from toolkit.errors import TinymlError

app = typer.Typer(
    name="tinyml",
    help="Put a neural network on a microcontroller, and prove that it computes what the host does, byte for byte.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    init,
    train,
    build,
    flash,
    verify,
    run,
    bisect,
    profile,
    report,
    compare,
    export,
    update,
    boards,
    models,
    paper,
    smallest,
    ports,
    doctor,
):
    command.register(app)


def _version(asked: bool) -> None:
    if asked:
        output.line(f"tinyml {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Put a neural network on a microcontroller, and prove that it computes what the host does, byte for byte."""


def _end(number: int, _: object) -> NoReturn:
    """SIGTERM and SIGHUP end the program as an error does: emulators are stopped, and what was answered is kept."""
    raise SystemExit(128 + number)


def _run() -> None:
    """The command, and what it printed on its way: a full disk is told here and not after the end."""
    try:
        app()
    finally:
        sys.stdout.flush()


def _fail(message: str, hint: str, code: int = 1) -> NoReturn:
    with contextlib.suppress(OSError):  # nobody listens any more
        output.error(message, hint)
        sys.stdout.flush()
    _give_up_streams()
    sys.exit(code)


def _give_up_streams() -> None:
    """What cannot be written now cannot be at the end either, when Python would tell of it once more."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main() -> None:
    """Entry point of the `tinyml` command; never prints a traceback unless TINYML_DEBUG is set."""
    output.prepare_streams()
    output.log_to_stderr()
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        _run()
    except Exception as caught:
        if os.environ.get("TINYML_DEBUG"):
            raise
        _tell(caught)


def _tell(caught: Exception) -> NoReturn:
    if isinstance(caught, TinymlError):
        _fail(caught.message, caught.hint, caught.exit_code)
    if isinstance(caught, BrokenPipeError):  # the reader of our output went away: `tinyml boards | head -1`
        _give_up_streams()
        sys.exit(1)
    if isinstance(caught, OSError):
        where = f": {caught.filename}" if caught.filename else ""
        _fail(f"{caught.strerror or caught}{where}", "free some space, or check the path and its permissions")
    if isinstance(caught, UnicodeError):
        _fail(f"a name or a text is no Unicode: {caught}", "rename the file or folder with characters of UTF-8")
    if isinstance(caught, MemoryError):
        _fail("there is not enough memory", "close other programs, or take a smaller model or fewer inputs")
    _fail(  # a bug of ours: still one line, and how to see more
        f"internal error: {type(caught).__name__}: {caught}",
        "this is a bug in tinyml; TINYML_DEBUG=1 shows where. Please report it",
    )


if __name__ == "__main__":
    main()
