"""Two builds, or versions of a network, held against one another: what changed, and whether it got worse."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import gates, verdicts, workspace
from toolkit.artifacts import Baseline, Build, Verdict, Verification, from_jsonable
from toolkit.artifacts.base import Artifact, read_json
from toolkit.artifacts.baseline import KIND, Identity, KeptSet, Sizes, Verified
from toolkit.errors import TinymlError, UsageError
from toolkit.gates import SIZES

CHANGED = "outputs_changed"
"""Of the inputs that both were sent: judged where a tolerance is given, since another network has other outputs."""

_JUDGED = {name for name in gates.directions() if name != "microseconds"}
"""What is judged without being asked for; a clock's figures vary from run to run."""


@dataclass(frozen=True)
class Change(Artifact):
    """One figure of both sides.

    Attributes:
        name: "flash_bytes", "mnist accuracy".
        before, after: None where that side has none.
        better: True or False where it is another and one is better; None otherwise.
        allowed: by how much it may be worse; None where it is not judged.
        worse: it is judged, and worse by more than is allowed, or missing.
    """

    name: str
    before: float | str | None
    after: float | str | None
    better: bool | None = None
    allowed: float | None = None
    worse: bool = False

    @property
    def same(self) -> bool:
        """Nothing changed."""
        return self.before == self.after


@dataclass(frozen=True)
class Comparison(Artifact):
    """Two sides, and what is another on the second.

    Attributes:
        before, after: what they are.
        changes: every figure that either has, also those that stayed.
        remarks: what stands in the way of comparing, a sentence each.
    """

    before: Identity
    after: Identity
    changes: tuple[Change, ...]
    remarks: tuple[str, ...] = ()

    @property
    def worse(self) -> tuple[Change, ...]:
        """What is judged, and worse than allowed."""
        return tuple(each for each in self.changes if each.worse)


def keep(build: Build | None, verification: Verification | None) -> Baseline:
    """What is kept of a build, of a run, or of both; one of them must be there."""
    if build is not None:
        identity = Identity(
            build.board,
            build.model,
            str(build.dtype),
            str(build.runtime),
            build.toolchain,
            build.optimise,
            build.model_sha256,
            build.build_id,
            dict(build.tools),
        )
    elif verification is not None:
        device = verification.device
        identity = Identity(
            verification.board,
            verification.model,
            str(verification.dtype),
            device.runtime,
            model_sha256=device.model_sha256,
            build_id=device.build_id,
        )
    else:
        raise TinymlError("there is neither a build nor a verification", "tinyml build, or tinyml run")
    return Baseline(
        KIND, identity, None if build is None else _sizes(build), None if verification is None else _run(verification)
    )


def _sizes(build: Build) -> Sizes:
    owners = dict(build.size.flash_by_owner), dict(build.size.ram_by_owner)
    return Sizes(build.flash_bytes, build.ram_bytes, *owners, build.arena_bytes, build.model_bytes, build.macs)


def _run(verification: Verification) -> Verified:
    misread: dict[str, list[tuple[int, int]]] = {}
    for each in verification.wrong:
        if each.label is not None and each.predicted is not None and each.predicted != each.label:
            misread.setdefault(each.set, []).append((each.index, each.predicted))
    faults = verification.strength
    return Verified(
        verification.verdict,
        verification.asked,
        verification.bit_exact,
        verification.inputs,
        verification.ticks,
        tuple(KeptSet.of(each, gates.of_set(each), misread.get(each.name, ())) for each in verification.sets),
        None if faults is None else faults.planted,
        None if faults is None else faults.seen,
    )


def read(path: Path, board: str | None = None) -> Baseline:
    """A baseline, or what lies in a build's folder, a workspace, or a file of either.

    Args:
        board: of a workspace: whose newest build is meant; None for the newest of all.

    Raises:
        TinymlError: there is nothing of the kind, or it was changed by hand.
    """
    if path.is_dir():
        if (path / "build.json").is_file():
            return _of_build(workspace.BoardFolder(path.parent, path.name), Build.load(path / "build.json"))
        if (path / "verification.json").is_file():
            return keep(None, Verification.load(path / "verification.json"))
        _, place, build = workspace.newest(path, board)
        return _of_build(place, build)
    try:
        value = read_json(path)
    except FileNotFoundError:
        raise TinymlError(f"there is no {path}", "name a build's folder or a baseline: tinyml compare --save") from None
    except (OSError, ValueError, RecursionError) as caught:
        raise TinymlError(f"{path} cannot be read: {caught}", "name a build's folder or a baseline") from caught
    return _of_file(path, value if isinstance(value, dict) else {})


def _of_build(place: workspace.BoardFolder, build: Build) -> Baseline:
    try:
        verification = verdicts.load(place, build)
    except TinymlError:
        if place.verification.is_file():
            raise
        verification = None  # it was built and no more
    return keep(build, verification)


def _of_file(path: Path, value: dict[str, Any]) -> Baseline:
    if value.get("kind") == KIND:
        try:
            kept: Baseline = from_jsonable(Baseline, value)
        except ValueError as caught:
            raise TinymlError(
                f"{path} is no readable baseline: {caught}", "make it again: tinyml compare --save"
            ) from None
        return kept
    if "verdict" in value:
        beside = path.with_name("build.json")
        verification = Verification.load(path)
        build = Build.load(beside) if beside.is_file() else None
        mine = build is not None and build.build_id == verification.device.build_id
        return keep(build if mine else None, verification)
    if "image_sha256" in value:
        return keep(Build.load(path), None)
    raise TinymlError(
        f"{path} is neither a baseline nor a record of a build or a verification",
        "name a build's folder, its verification.json, or a baseline: tinyml compare --save baseline.json",
    )


def compare(
    before: Baseline, after: Baseline, *, tolerances: Mapping[str, str] | None = None, sizes_only: bool = False
) -> Comparison:
    """What is another, and worse.

    Args:
        tolerances: by the name of a figure, "accuracy", how much worse it may be: "0.01", or "1%" of what it was; of
            CHANGED, how many outputs may be others.
        sizes_only: what was verified is left out.

    Raises:
        UsageError: a tolerance that no figure has, or no number.
    """
    allowed = _Allowed(tolerances or {})
    found = [*_identity(before.identity, after.identity), *_of_sizes(before.sizes, after.sizes, allowed)]
    remarks: list[str] = []
    if not sizes_only and (before.verified or after.verified):
        found += _of_runs(before.verified, after.verified, allowed, remarks)
    if before.identity.board != after.identity.board:
        remarks.append(f"the boards differ: {before.identity.board}, then {after.identity.board}")
    return Comparison(before.identity, after.identity, tuple(found), tuple(remarks))


class _Allowed:
    """How much worse a figure may be."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        known = {*gates.directions(), CHANGED}
        for name, text in texts.items():
            if name not in known:
                raise UsageError(f"--tolerance {name}={text}: there is no {name}", f"known: {', '.join(sorted(known))}")
        self.given = {name: _amount(name, text) for name, text in texts.items()}

    def __call__(self, name: str, before: float) -> float | None:
        """In the figure's own unit; None where it is not judged."""
        if name not in self.given:
            return 0.0 if name in _JUDGED else None
        value, of_before = self.given[name]
        return value * abs(before) if of_before else value


def _amount(name: str, text: str) -> tuple[float, bool]:
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise UsageError(f"--tolerance {name}={text} is no amount", "--tolerance accuracy=0.002, flash_bytes=1%")
    return (value / 100, True) if text.endswith("%") else (value, False)


def _judged(title: str, name: str, before: float | None, after: float | None, allowed: _Allowed) -> Change:
    """A figure of which more is better, or less."""
    if before is None or after is None:
        most = None if before is None else allowed(name, before)
        return Change(title, before, after, None, most, worse=most is not None)
    least = gates.directions().get(name, False)
    most, loss = allowed(name, before), before - after if least else after - before
    # The last bit of a difference of two sums is nobody's fault.
    worse = most is not None and loss > most + 1e-12 * max(abs(before), abs(after))
    return Change(title, before, after, None if before == after else loss < 0, most, worse)


def _identity(before: Identity, after: Identity) -> Iterator[Change]:
    for name in ("model", "model_sha256", "dtype", "runtime", "toolchain", "optimise"):
        mine, its = getattr(before, name), getattr(after, name)
        if mine and its:
            yield Change(name, mine, its)
    for tool in sorted({*before.tools, *after.tools}):
        if before.tools and after.tools:
            yield Change(f"tool {tool}", before.tools.get(tool), after.tools.get(tool))


def _of_sizes(before: Sizes | None, after: Sizes | None, allowed: _Allowed) -> Iterator[Change]:
    if before is None and after is None:
        return
    for name in SIZES:
        mine, its = (None if side is None else getattr(side, name) for side in (before, after))
        yield _judged(name, name, mine, its, allowed)
        if before is not None and after is not None:
            owners = f"{name.removesuffix('_bytes')}_by_owner"
            yield from _owners(name, getattr(before, owners), getattr(after, owners))
    if before is not None and after is not None:
        for name in ("arena_bytes", "model_bytes", "macs"):
            yield Change(name, getattr(before, name), getattr(after, name))


def _owners(name: str, before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[Change]:
    for owner in dict.fromkeys([*before, *after]):
        yield Change(f"{name} of {owner}", before.get(owner, 0), after.get(owner, 0))


def _of_runs(
    before: Verified | None, after: Verified | None, allowed: _Allowed, remarks: list[str]
) -> Iterator[Change]:
    if before is None or after is None:
        remarks.append(f"the {'first' if before is None else 'second'} was not verified")
    was, is_now = (None if side is None else side.verdict for side in (before, after))
    rank, its_rank = (-1 if verdict is None else _RANKS[verdict] for verdict in (was, is_now))
    better = None if rank == its_rank or -1 in (rank, its_rank) else its_rank > rank
    yield Change("verdict", was, is_now, better, 0.0, worse=its_rank < rank)
    for name in ("planted", "seen"):
        mine, its = (None if side is None else getattr(side, name) for side in (before, after))
        # Without its strength a verdict says less than it did: --no-strength would be the way round a weak proof.
        yield Change(f"faults {name}", mine, its, worse=name == "planted" and bool(mine) and not its)
    yield from _ticks(before, after, allowed)
    were, are = ({each.name: each for each in side.sets} if side else {} for side in (before, after))
    for name in dict.fromkeys([*were, *are]):
        yield from _of_set(name, were.get(name), are.get(name), allowed, remarks)


_RANKS = {Verdict.DIFFERS: 0, Verdict.UNDECIDED: 1, Verdict.WEAK: 1, Verdict.PROVEN: 2}


def _ticks(before: Verified | None, after: Verified | None, allowed: _Allowed) -> Iterator[Change]:
    sides = [None if side is None else side.ticks for side in (before, after)]
    for unit in dict.fromkeys(each.unit for each in sides if each is not None):
        mine, its = ([each.median, each.max] if each and each.unit == unit else [None, None] for each in sides)
        yield Change(f"{unit}, median", mine[0], its[0], None if None in (mine[0], its[0]) else _less(mine[0], its[0]))
        yield _judged(f"{unit}, at most", unit, mine[1], its[1], allowed)


def _less(before: int | None, after: int | None) -> bool | None:
    return None if before is None or after is None or before == after else after < before


def _of_set(
    name: str, before: KeptSet | None, after: KeptSet | None, allowed: _Allowed, remarks: list[str]
) -> Iterator[Change]:
    mine, its = (side.scores if side else {} for side in (before, after))
    for metric in dict.fromkeys([*mine, *its]):
        yield _judged(f"{name} {metric}", metric, mine.get(metric), its.get(metric), allowed)
    if before is None or after is None:
        return
    changed = before.changed(after)
    if changed is None:
        remarks.append(f"{name}: other inputs were sent, so outputs are not compared, and scores are of other inputs")
        return
    most = allowed(CHANGED, after.asked)
    yield Change(f"{name} {CHANGED}", 0, changed, allowed=most, worse=most is not None and changed > most)
    was, is_now = dict(before.misread), dict(after.misread)
    if "accuracy" in mine:
        yield Change(f"{name} newly misread", 0, len(is_now.keys() - was.keys()))
        yield Change(f"{name} newly right", 0, len(was.keys() - is_now.keys()))


def tolerances_of(texts: Sequence[str]) -> dict[str, str]:
    """`NAME=AMOUNT` each, as the command line spells them.

    Raises:
        UsageError: one is not of that form.
    """
    told = {}
    for text in texts:
        name, sign, amount = text.partition("=")
        if not sign:
            raise UsageError(f"--tolerance {text} is no tolerance", "--tolerance accuracy=0.002")
        told[name.strip()] = amount.strip()
    return told
