"""`python -m tests.differential --seconds 3600`: random networks on every instruction set until the time is up.

Each round draws one network of every kind from the next seed and runs it on every target, for speed and for size in
turn. A finding is printed with its name, and `--only NAME` draws and runs that one again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

from tests.differential import targets
from tests.differential.comparing import Finding, Outcome, compare, references
from tests.differential.networks import KINDS, Network, draw
from tests.differential.reference import Reference
from tests.differential.targets import Target
from toolkit.artifacts import OPTIMISATIONS

_REPORT_SECONDS = 30.0


def _networks(kinds: Sequence[str], first: int, rounds: int) -> list[Network]:
    return [draw(kind, seed) for seed in range(first, first + rounds) for kind in kinds]


def _table(figures: Counter[tuple[str, Outcome]], chosen: list[Target]) -> str:
    lines = []
    for target in chosen:
        parts = [f"{figures[target.name, o]:,} {o}" for o in Outcome if figures[target.name, o]]
        lines.append(f"{target.name:>11}  {', '.join(parts)}")
    return "\n".join(lines)


def run(
    chosen: list[Target], kinds: Sequence[str], first: int, seconds: float, rounds: int
) -> tuple[int, int, list[Finding]]:
    """Until the time is up: how many networks, the next seed, and what must be mended."""
    figures: Counter[tuple[str, Outcome]] = Counter()
    alone: Counter[str] = Counter()
    failures: list[Finding] = []
    started = told = time.monotonic()
    seed, count = first, 0
    with Reference() as reference, ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        while time.monotonic() - started < seconds:
            networks = _networks(kinds, seed, rounds)
            expected = references(networks, reference)
            turns = [OPTIMISATIONS[(seed // rounds + place) % 3] for place in range(len(chosen))]
            every = pool.map(compare, repeat(networks), chosen, turns, repeat(expected))
            for finding in (finding for findings in every for finding in findings):
                figures[finding.target, finding.outcome] += 1
                if finding.outcome in (Outcome.WE_REFUSE, Outcome.THEY_REFUSE):
                    alone[f"{finding.outcome}: {finding.network.partition(':')[0]}: {finding.detail}"] += 1
                if finding.outcome.failed:
                    failures.append(finding)
                    print(finding, flush=True)
            seed += rounds
            count += len(networks)
            if time.monotonic() - told > _REPORT_SECONDS:
                told = time.monotonic()
                print(f"{told - started:6.0f} s  {count:,} networks, {len(failures)} to be mended", flush=True)
    print(_table(figures, chosen))
    for what, number in alone.most_common(25):
        print(f"{number:9,}  {what}")
    return count, seed, failures


def main() -> int:
    """0 if all are equal."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--rounds", type=int, default=2, help="networks of each kind in one program")
    parser.add_argument("--targets", default="", help="some of them, by name, with commas between")
    parser.add_argument("--kinds", default="", help="some of them, by how their names begin, with commas between")
    parser.add_argument("--only", metavar="NAME", help='one network, such as "SUB int8:17"')
    given = parser.parse_args()
    wanted = [t for t in targets.all_targets() if not given.targets or t.name in given.targets.split(",")]
    kinds = [kind for kind in KINDS if kind.startswith(tuple(given.kinds.split(",")))]
    missing = [t.name for t in wanted if not t.available]
    if missing:
        print(f"not installed: what {', '.join(missing)} need; see scripts/system-tools", file=sys.stderr)
        return 2
    try:
        if given.only:
            return _one(given.only, wanted)
        count, seed, failures = run(wanted, kinds, given.seed, given.seconds, given.rounds)
    finally:
        for target in wanted:
            target.close()
    print(f"{count:,} networks, seeds {given.seed} to {seed - 1}: {len(failures)} to be mended")
    for finding in failures:
        print(f'  {finding}\n    again: python -m tests.differential --only "{finding.network}"')
    return 1 if failures else 0


def _one(name: str, chosen: list[Target]) -> int:
    kind, _, seed = name.rpartition(":")
    network = draw(kind, int(seed))
    with Reference() as reference:
        expected = references([network], reference)
    found = [f for t in chosen for o in OPTIMISATIONS for f in compare([network], t, o, expected)]
    print("\n".join(map(str, found)))
    return 1 if any(f.outcome.failed for f in found) else 0


if __name__ == "__main__":
    sys.exit(main())
