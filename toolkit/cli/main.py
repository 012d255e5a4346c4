"""`tinyml`: one application, one file per command group, one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from toolkit import __version__
from toolkit.cli import boards, build, doctor, flash, models, output, paper, ports, report, run, train, verify
from toolkit.errors import TinymlError

app = typer.Typer(
    name="tinyml",
    help="Put a neural network on a microcontroller, and prove that it computes what the host does, byte for byte.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (train, build, flash, verify, run, report, boards, models, paper, ports, doctor):
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


def main() -> None:
    """Entry point of the `tinyml` command; never prints a traceback unless TINYML_DEBUG is set."""
    try:
        app()
    except TinymlError as caught:
        if os.environ.get("TINYML_DEBUG"):
            raise
        output.error(caught.message, caught.hint)
        sys.exit(caught.exit_code)
    except OSError as caught:
        if os.environ.get("TINYML_DEBUG"):
            raise
        if isinstance(caught, BrokenPipeError):  # the reader of our output went away: `tinyml boards | head -1`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        where = f": {caught.filename}" if caught.filename else ""
        output.error(f"{caught.strerror or caught}{where}", "free some space, or check the path and its permissions")
        sys.exit(1)
    except Exception as caught:  # a bug of ours: still one line, and how to see more
        if os.environ.get("TINYML_DEBUG"):
            raise
        output.error(
            f"internal error: {type(caught).__name__}: {caught}",
            "this is a bug in tinyml; TINYML_DEBUG=1 shows where. Please report it",
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
