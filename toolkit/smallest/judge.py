"""The judging: the one place that reads the test set, once, for those that `named.json` names by hash."""

from __future__ import annotations

import datetime
import json
import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from toolkit.artifacts import to_jsonable, write_atomically
from toolkit.data.samples import Samples
from toolkit.errors import ChangedFileError, TrainError
from toolkit.smallest import data, kept, pipeline
from toolkit.smallest.kept import NAMED
from toolkit.smallest.pipeline import Plan
from toolkit.smallest.records import Record

JUDGED = "judged.json"
PIPELINES = len(pipeline.SEEDS)


@dataclass(frozen=True)
class Judged:
    """One int8 file's answers.

    Attributes:
        name: of the network; seed: of its pipeline.
        sha256: of the file, as it was named.
        ships: whether it is the one of its name that ships, by what is named now.
        right: by set: answers that are right; total: by set.
        wrong: of the test set: places of the images that it read wrongly.
        date: UTC.
    """

    name: str
    seed: int
    sha256: str
    ships: bool
    right: dict[str, int]
    total: dict[str, int]
    wrong: tuple[int, ...]
    date: str


def name(folder: Path, names: Sequence[str], pipelines: int = PIPELINES) -> dict[str, Any]:
    """Write which files will be judged, and which of each name ships: by held-out int8 accuracy.

    A network that was judged can get more pipelines beside those; no file that was named is named anew.

    Args:
        folder: of the study.
        names: of plans.
        pipelines: that each has to have, seeds 1 and on; the protocol says five, and the page says how many there were.

    Raises:
        TrainError: a network has too few whole pipelines, or was judged already and has no new one, or is a further
            round that is not better than the one before, held out.
        ChangedFileError: a file that was named is not what it was.
    """
    path = folder / NAMED
    named = kept.named(folder)
    for each in names:
        plan = pipeline.plan(folder, each)
        found = dict(pipeline.done(plan, folder))
        if not set(pipeline.SEEDS[:pipelines]) <= set(found):
            raise TrainError(
                f"{each} has pipelines {sorted(found)}, not all of {list(pipeline.SEEDS[:pipelines])}",
                "train them first",
            )
        _better(plan, found, folder)
        order = sorted(
            found,
            key=lambda seed: (-(found[seed].held_out_int8 or 0.0), found[seed].held_out_loss or 0.0, seed),
        )
        files = {str(seed): kept.digest(pipeline.network_path(folder, each, seed)) for seed in sorted(found)}
        before = named.get(each, {}).get("files", {}) if any(row.name == each for row in judged(folder)) else {}
        if before and files.keys() == before.keys():
            raise TrainError(f"{each} was judged already", "a network of another name has a judging of its own")
        if any(files.get(seed) != digest for seed, digest in before.items()):
            raise ChangedFileError(f"a file of {each} is not the one that was judged", "take the file that was named")
        named[each] = {"ships": order[0], "files": files}
    write_atomically(path, (json.dumps(named, indent=1) + "\n").encode())
    return named


def _better(plan: Plan, found: dict[int, Record], folder: Path) -> None:
    """The protocol's rule for a further plan: named only if its held-out int8 mean is above that of the one before.

    Raises:
        TrainError: it is not.
    """
    if plan.against is None:
        return
    before = dict(pipeline.done(plan.against, folder))
    new, old = (statistics.fmean(each.held_out_int8 or 0.0 for each in some.values()) for some in (found, before))
    if new <= old:
        raise TrainError(
            f"{plan.name} has {new:.4%} held out, {plan.against.name} {old:.4%}",
            "the first round stands; nothing is judged",
        )


def judged(folder: Path) -> tuple[Judged, ...]:
    """What was judged; which of them ship stands in what was named.

    Raises:
        TrainError: a file of the two is damaged, or one was judged that is not named.
    """
    named = kept.named(folder)

    def row(told: dict[str, Any]) -> Judged:
        what = named.get(told["name"])
        if what is None:
            raise TrainError(
                f"{told['name']} was judged, and {folder / NAMED} does not name it", f"git checkout {NAMED}"
            )
        return Judged(**{**told, "wrong": tuple(told["wrong"]), "ships": what["ships"] == told["seed"]})

    return kept.rows(folder / JUDGED, row)


def standing(folder: Path) -> dict[str, str]:
    """By network: the plan whose judged files are its claim: the last of them in the plans' order."""
    rows = {row.name for row in judged(folder)}
    return {plan.network: name for name, plan in pipeline.plans(folder).items() if name in rows}


def shipping(folder: Path, name: str) -> tuple[Judged, bytes]:
    """The judged row of the pipeline of a plan that ships, and its file.

    Raises:
        TrainError: it was not judged.
        ChangedFileError: the file is not the one that was.
    """
    chosen = next((each for each in judged(folder) if each.name == name and each.ships), None)
    if chosen is None:
        raise TrainError(f"{name} was not judged", "tinyml smallest name, then judge")
    return chosen, kept.content(pipeline.network_path(folder, name, chosen.seed), chosen.sha256)


def waiting(folder: Path) -> dict[tuple[str, int], tuple[str, bool]]:
    """By name and seed: hash of each file that is named and was not judged, and whether it ships.

    Raises:
        TrainError: nothing is named.
    """
    path = folder / NAMED
    named = kept.named(folder)
    if not named:
        raise TrainError(f"{path} names no network", "tinyml smallest name NETWORK, and commit it, before the judging")
    done = {(row.name, row.seed) for row in judged(folder)}
    return {
        (each, int(seed)): (digest, int(seed) == what["ships"])
        for each, what in named.items()
        for seed, digest in what["files"].items()
        if (each, int(seed)) not in done
    }


def judge(
    folder: Path,
    tests: Sequence[Samples],
    answers: Callable[[bytes, Samples], npt.NDArray[np.uint8]],
    told: Callable[[Judged], None] = lambda _: None,
) -> tuple[Judged, ...]:
    """Run every file that waits on the sets, the first of which is the test set; all that was ever judged.

    Raises:
        TrainError: nothing is named.
        ChangedFileError: a file is not the one that was named.
    """
    done = list(judged(folder))
    for (each, seed), (digest, ships) in waiting(folder).items():
        network = kept.content(pipeline.network_path(folder, each, seed), digest)
        upright = pipeline.plan(folder, each).long.upright
        seen = [data.upright(one) for one in tests] if upright else tests
        row = _one(each, seed, digest, ships, network, seen, answers)
        done.append(row)
        write_atomically(folder / JUDGED, (json.dumps(to_jsonable(done), indent=None) + "\n").encode())
        told(row)
    return tuple(done)


def _one(
    called: str,
    seed: int,
    digest: str,
    ships: bool,
    network: bytes,
    tests: Sequence[Samples],
    answers: Callable[[bytes, Samples], npt.NDArray[np.uint8]],
) -> Judged:
    hits = {each.name: answers(network, each) == each.labels for each in tests}
    first = hits[tests[0].name]
    return Judged(
        name=called,
        seed=seed,
        sha256=digest,
        ships=ships,
        right={key: int(np.sum(value)) for key, value in hits.items()},
        total={key: len(value) for key, value in hits.items()},
        wrong=tuple(int(place) for place in np.flatnonzero(~first)),
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )


def mcnemar(wrong: Sequence[int], other: Sequence[int]) -> tuple[int, int, float]:
    """(only the first wrong, only the second wrong, exact two-sided p) of two networks on the same images.

    If both err alike, the images on which they differ fall to either by a fair coin (McNemar, 1947; the exact binomial
    form).
    """
    first, second = len(set(wrong) - set(other)), len(set(other) - set(wrong))
    count, fewer = first + second, min(first, second)
    if not count:
        return 0, 0, 1.0
    tail = sum(math.comb(count, each) for each in range(fewer + 1)) / 2**count
    return first, second, min(1.0, 2 * tail)
