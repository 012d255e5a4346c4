"""The report: one self-contained HTML file, without scripts and without anything from the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2

from toolkit import __version__, resources
from toolkit.artifacts import Build, Verification, write_atomically
from toolkit.data.samples import Samples
from toolkit.report import text
from toolkit.report.pictures import attach
from toolkit.report.view import build_view


def render(verification: Verification, build: Build, sets: Sequence[Samples] | None = None) -> str:
    """The page.

    Args:
        verification: with its pictures (see `pictures.attach`), or without and then shown without them.
        sets: what was sent: their pictures are attached first, where the verification has no pictures yet.

    Raises:
        DatasetError: a drawing in `sets` cannot be read.
    """
    if sets is not None:
        verification = attach(verification, sets)
    page = environment().get_template("report.html.j2")
    return page.render(view=build_view(verification, build), version=__version__)


def environment() -> jinja2.Environment:
    """Templates of the report's folder; names come out as text that can be shown, whatever they hold."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.templates() / "report"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """Names may hold anything; what a macro made is markup of ours."""
    return text.plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def write(path: Path, verification: Verification, build: Build, sets: Sequence[Samples] | None = None) -> None:
    """Write the page to `path`, whole or not at all.

    Raises:
        TinymlError: the file system refused.
    """
    write_atomically(path, render(verification, build, sets).encode(errors="backslashreplace"))
