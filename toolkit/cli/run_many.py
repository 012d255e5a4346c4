"""`tinyml run` over several boards: a process a board, side by side, and one report of them all.

Each board is run as `tinyml run --board` would do it alone: one that dies, hangs or is refused takes nothing from the
others' proof.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from toolkit import board as boards
from toolkit import workspace as workspaces
from toolkit.artifacts import BoardRow, Build, Fleet, to_jsonable
from toolkit.board import Board
from toolkit.cli import listener, options, output, tables
from toolkit.errors import NotProvenError, TinymlError, UndecidedError, UsageError
from toolkit.link import serial_ports
from toolkit.report import fleet as pages

AT = "@"
OWN = frozenset({"board", "port", "json", "junit", "jobs", "verbose"})
"""Options of the run as a whole; all others are each board's."""

WORST = (NotProvenError.exit_code, UndecidedError.exit_code, 3, 2, 1)
"""Exit codes, the one that says most first: a board that computes otherwise before one that was not reached."""


@dataclass(frozen=True)
class Asked:
    """One board of the list: as it was named, its file, and the port that stands behind the @."""

    name: str
    board: Board
    port: str | None


def asked(names: Sequence[str], port: str | None, workspace: Path) -> tuple[Asked, ...]:
    """What `--board NAME` and `--board NAME@PORT` ask for.

    Raises:
        BoardError: there is no such board.
        UsageError: one is named twice, or a port is given to no board in particular.
        LinkError: two are at one port.
    """
    found: list[Asked] = []
    for name in names:
        bare, _, own = (name, "", "") if Path(name).is_file() else name.partition(AT)
        found.append(Asked(bare, boards.load(bare, workspace), own or None))
    if port is not None and (len(found) > 1 or found[0].port is not None):
        raise UsageError(f"--port {port} names no board", f"write the port behind it: --board {names[0]}{AT}{port}")
    ids = [each.board.id for each in found]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise UsageError(
            f"{twice} is asked for twice", "two boards alike share the work: tinyml verify --port A --port B"
        )
    serial_ports.check_distinct([each.port for each in found if each.port is not None])
    return tuple(found)


def words(context: typer.Context) -> list[str]:
    """What the command line says for every board alike, as a child is told it."""
    said: list[str] = []
    for each in context.command.params:
        name = each.name or ""
        if name in OWN or not options.is_said(context, name):
            continue
        value = context.params[name]
        if isinstance(value, bool):
            said.append(each.opts[0] if value else each.secondary_opts[0])
        elif isinstance(value, (list, tuple)):
            said += [word for one in value for word in (each.opts[0], str(one))]
        else:
            said += [each.opts[0], str(value)]
    return said


@dataclass
class _Child:
    """A board's own run; `said` is its last line on stderr, `error` and `hint` what it ended with."""

    asked: Asked
    argv: list[str]
    junit: Path
    process: subprocess.Popen[str] | None = None
    said: str = ""
    error: str = ""
    hint: str = ""
    seconds: float = 0.0
    ended: float = 0.0
    stdout: str = ""
    code: int = 1

    def run(self) -> None:
        """To its end; its lines are shown with the board's name before them."""
        start = time.monotonic()
        environment = {**os.environ, listener.LINES: "1", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            encoding="utf-8",
            errors="replace",
        )
        reader = threading.Thread(target=self._listen, args=(self.process,), daemon=True)
        reader.start()
        self.stdout = "".join(self.process.stdout or ())
        self.code = self.process.wait()
        reader.join(timeout=5)
        self.seconds, self.ended = time.monotonic() - start, time.time()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        for line in process.stderr or ():
            text = line.strip()
            if text.startswith("error:"):
                self.error = text.removeprefix("error:").strip()
            elif text.startswith("try:"):
                self.hint = text.removeprefix("try:").strip()
            elif text:
                self.said = text
                output.say(f"{self.asked.board.id}: {text}")

    def stop(self) -> None:
        """End it as Ctrl-C would, where that has not reached it."""
        with contextlib.suppress(OSError):
            if self.process is not None and self.process.poll() is None:
                self.process.terminate()


def run(
    context: typer.Context, everyone: Sequence[Asked], workspace: Path, jobs: int | None
) -> tuple[Fleet, list[str]]:
    """Run every board, several at a time.

    Args:
        jobs: boards at a time; by default all that hang at a port, and of emulated ones as many as there are cores.

    Returns:
        What came of each, and their JUnit documents, "" for one that wrote none.

    Raises:
        TinymlError: interrupted; every board was stopped.
    """
    common = words(context)
    with tempfile.TemporaryDirectory(prefix="tinyml-run-") as folder:
        children = []
        for number, each in enumerate(everyone):
            junit = Path(folder) / f"{number}.xml"
            own = [word for word in common if not (each.port is not None and word in ("--emulate", "--virtual"))]
            port = ["--port", each.port] if each.port is not None else []
            argv = [sys.executable, "-P", "-m", "toolkit.cli.main", "run", "--board", each.name, *port, *own]
            children.append(_Child(each, [*argv, "--json", "--junit", str(junit)], junit))
        cores = jobs or max(2, os.cpu_count() or 1)
        here = [child for child in children if child.asked.port is None]
        there = [child for child in children if child.asked.port is not None]
        pools = [(here, cores), (there, jobs or len(there))]
        executors = [(ThreadPoolExecutor(most), some) for some, most in pools if some]
        try:
            waiting = [executor.submit(child.run) for executor, some in executors for child in some]
            for each_run in waiting:
                each_run.result()
        except KeyboardInterrupt:
            for executor, _ in executors:
                executor.shutdown(wait=False, cancel_futures=True)
            for child in children:
                child.stop()
            for executor, _ in executors:
                executor.shutdown()
            raise TinymlError(
                "interrupted; no report of all boards was written", "one board goes on with: tinyml verify --resume"
            ) from None
        for executor, _ in executors:
            executor.shutdown()
        rows = tuple(_row(child, workspace) for child in children)
        documents = [child.junit.read_text(encoding="utf-8") if child.junit.is_file() else "" for child in children]
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Fleet(now, rows), documents


def _row(child: _Child, workspace: Path) -> BoardRow:
    board = child.asked.board
    build = _build_of(board, workspace, child)
    common: dict[str, Any] = {
        "board": board.id,
        "name": board.name,
        "port": child.asked.port or "",
        "seconds": round(child.seconds, 3),
        "exit_code": child.code,
    }
    if build is not None:
        common |= {
            "flash_bytes": build.flash_bytes,
            "flash_limit": build.flash_limit,
            "ram_bytes": build.ram_bytes,
            "ram_limit": build.ram_limit,
            "model": build.model,
            "dtype": str(build.dtype),
            "runtime": str(build.runtime),
            "build_id": build.build_id,
        }
    try:
        told = json.loads(child.stdout)
    except ValueError:
        died = f"its run ended with signal {-child.code}" if child.code < 0 else f"its run ended with code {child.code}"
        return BoardRow(**common, said=f"{died}; last it said: {child.said or 'nothing'}")
    if "verdict" not in told:
        return BoardRow(**common, said=str(told.get("error", "")), hint=str(told.get("hint", "")))
    score = next(iter(told["accuracy"].values()), None)
    ticks = told["ticks"]
    return BoardRow(
        **common | {"port": told["port"]},
        outcome=str(told["verdict"]),
        passed=child.code == 0,
        said=child.error,
        hint=child.hint,
        asked=int(told["images"]),
        answered=int(told["answered"]),
        ticks=None if ticks is None else int(ticks["median"]),
        unit="" if ticks is None else str(ticks["unit"]),
        accuracy=None if score is None else (int(score["correct"]), int(score["total"])),
        emulated=told["emulated"],
        report=str(told["report"]),
    )


def _build_of(board: Board, workspace: Path, child: _Child) -> Build | None:
    """What this run has built: the newest of the board, if it was written since."""
    with contextlib.suppress(TinymlError, OSError):
        _, place, build = workspaces.newest(workspace, board.id)
        if place.build.stat().st_mtime >= child.ended - child.seconds:
            return build
    return None


def finish(fleet: Fleet, documents: Sequence[str], workspace: Path, *, as_json: bool, junit: Path | None) -> None:
    """Write the report, show the table, and end as the worst board does.

    Raises:
        NotProvenError, UndecidedError, TinymlError: not every board is proven, or keeps its gates.
    """
    report = workspace / "build" / "boards.html"
    fleet.save(report.with_suffix(".json"))
    pages.write(report, fleet)
    if junit is not None:
        pages.write_junit(junit, fleet, dict(zip((row.board for row in fleet.boards), documents, strict=True)))
    lines = [pages.line(row) for row in fleet.boards]
    if as_json:
        output.data(summary(fleet) | {"report": str(report.resolve())})
    else:
        tables.show(pages.TITLES, [line.cells for line in lines], figures=pages.FIGURES)
        for line in lines:
            if line.said:
                output.line(f"{line.id}: {line.said}")
        output.line(f"{pages.headline(fleet)}; report: {report}")
    if fleet.all_passed:
        return
    output.use_json(False)
    codes = {row.exit_code for row in fleet.boards if not row.passed}
    kind = next((code for code in WORST if code in codes), 1)
    names = ", ".join(row.board for row in fleet.boards if not row.passed)
    raise _as(kind, f"{pages.headline(fleet)}, and not: {names}", f"look at {report}")


def summary(fleet: Fleet) -> dict[str, Any]:
    """Others may rely on: boards[].{board,outcome,passed,said,ticks,unit,flash_bytes,ram_bytes}, proven, of."""
    values: dict[str, Any] = to_jsonable(fleet)
    return {"proven": fleet.passed, "of": len(fleet.boards), **values}


def _as(code: int, message: str, hint: str) -> TinymlError:
    if code == NotProvenError.exit_code:
        return NotProvenError(message, hint)
    if code == UndecidedError.exit_code:
        return UndecidedError(message, hint)
    return TinymlError(message, hint)
