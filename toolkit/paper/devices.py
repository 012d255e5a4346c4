"""Every trained network on emulated boards: proven, or refused and why; and what each type costs there."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit import api, models, resources, zoo
from toolkit import workspace as workspaces
from toolkit.artifacts import Artifact, Build, DType, Verification, from_jsonable, to_jsonable, write_atomically
from toolkit.errors import DoesNotFitError, ModelError, NotProvenError, TinymlError
from toolkit.listener import SILENT, Listener
from toolkit.selection import Selection

BOARDS = ("mps2-an386", "mps3-an547", "microbit")
"""A Cortex-M4F with room for everything, a Cortex-M55 with vectors, a Cortex-M0 with 16 KiB of RAM; all in QEMU."""


@dataclass(frozen=True)
class DeviceResult(Artifact):
    """One network, one type, one board.

    Attributes:
        board, model, dtype, runtime: what ran; runtime is empty if nothing was built.
        model_sha256: of the `.tflite`; empty if there is none.
        outcome: "proven", "not proven", "does not fit", "refused".
        said: why, where it is not proven.
        model_bytes, flash_bytes, ram_bytes: of the `.tflite`, and of the firmware with it; None if nothing was built.
        images: answered.
        max_difference: the largest difference of any output from the host's; None if nothing ran.
        median: time of one inference in `unit`; QEMU counts instructions where it can.
        date: ISO 8601, UTC.
    """

    board: str
    model: str
    dtype: str
    outcome: str
    said: str
    runtime: str = ""
    model_sha256: str = ""
    model_bytes: int | None = None
    flash_bytes: int | None = None
    ram_bytes: int | None = None
    images: int = 0
    max_difference: float | None = None
    median: int | None = None
    unit: str = ""
    date: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        """By which results are sorted: board, the model's place in the zoo, type."""
        return self.board, zoo.of_the_paper().index(self.model), self.dtype


def perform(board: str, model: str, dtype: DType, selection: Selection, workspace: Path) -> DeviceResult:
    """Build, boot, verify one network on one emulated board.

    Raises:
        TinymlError: for a reason that is none of the network's.
    """
    try:
        done = api.run(board, model, dtype=dtype, virtual=True, selection=selection, workspace=workspace)
    except TinymlError as caught:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        return of_refusal(board, model, str(dtype), caught, now)
    return of_run(done.build, done.verification)


def perform_all(boards: Iterable[str], selection: Selection, workspace: Path, listener: Listener = SILENT) -> None:
    """Every trained network, float32 and int8, on these boards; each result is kept in the workspace at once.

    Raises:
        TinymlError: for a reason that is none of a network's.
    """
    for board in [workspaces.board_id(each) for each in boards]:
        for model in zoo.of_the_paper():
            if models.find(model, workspace) is None:
                listener.say(f"{model} is not yet run: it is not trained")
                continue
            for dtype in DType:
                listener.say(f"{board}, {model}, {dtype}")
                found = perform(board, model, dtype, selection, workspace)
                save_results((*results(workspace), found), workspace_file(workspace))


def of_run(build: Build, verification: Verification) -> DeviceResult:
    """The record of a run that came to its end."""
    ticks = verification.ticks
    return DeviceResult(
        board=build.board,
        model=build.model,
        dtype=str(build.dtype),
        outcome="proven" if verification.proven else "not proven",
        said=""
        if verification.proven
        else f"{verification.verdict}: {verification.first_difference or 'see its inputs'}",
        runtime=str(build.runtime),
        model_sha256=build.model_sha256,
        model_bytes=build.model_bytes,
        flash_bytes=build.flash_bytes,
        ram_bytes=build.ram_bytes,
        images=verification.answered,
        max_difference=verification.max_difference,
        median=ticks.median if ticks else None,
        unit=ticks.unit if ticks else "",
        date=verification.date or "",
    )


def of_refusal(board: str, model: str, dtype: str, caught: TinymlError, date: str) -> DeviceResult:
    """The record of a network that the board or the compiler does not take.

    Raises:
        TinymlError: `caught`, if it says nothing of the network: a missing tool, a silent link.
    """
    if not isinstance(caught, DoesNotFitError | ModelError | NotProvenError):
        raise caught
    outcome = {DoesNotFitError: "does not fit", NotProvenError: "not proven"}.get(type(caught), "refused")
    return DeviceResult(board, model, dtype, outcome, caught.message, date=date)


def results_file() -> Path:
    """The data file that ships with the package."""
    return resources.models() / "device_results.json"


def load_results(path: Path | None = None) -> tuple[DeviceResult, ...]:
    """All results, sorted; none if there is no file."""
    path = path or results_file()
    if not path.is_file():
        return ()
    try:
        found: list[DeviceResult] = [
            from_jsonable(DeviceResult, row) for row in json.loads(path.read_text(encoding="utf-8"))
        ]
        return tuple(sorted(found, key=lambda result: result.key))
    except (ValueError, TypeError, KeyError, AttributeError) as caught:
        raise TinymlError(f"{path} is damaged: {caught}", "get it again from the repository") from caught


def results(workspace: Path, boards: Sequence[str] | None = None) -> tuple[DeviceResult, ...]:
    """The kept results; the workspace's own count where there are both.

    Args:
        boards: of these alone; by default of all.
    """
    kept = {result.key: result for result in load_results()}
    own = {result.key: result for result in load_results(workspace_file(workspace))}
    both = kept | own
    return tuple(both[key] for key in sorted(both) if not boards or both[key].board in boards)


def save_results(results: Iterable[DeviceResult], path: Path) -> None:
    """Write the data file, one result a line; of two for the same board, model and type the later one counts."""
    last = {result.key: result for result in results}
    rows = [json.dumps(to_jsonable(last[key])) for key in sorted(last)]
    write_atomically(path, ("[\n" + ",\n".join(rows) + "\n]\n").encode())


def workspace_file(workspace: Path) -> Path:
    """Where a workspace keeps its own results."""
    return workspace / "build" / "paper" / "devices.json"
