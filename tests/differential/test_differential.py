"""A few hundred of the random networks, every operator on every instruction set; `make differential` runs for an hour.

What CI draws is always the same: a failure here is a fault of the change, not of the dice.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.differential import targets
from tests.differential.comparing import Finding, Outcome, compare, held, references
from tests.differential.networks import KINDS, draw
from tests.differential.reference import Reference
from toolkit.artifacts import OPTIMISATIONS
from toolkit.compiler import fixedpoint

# Networks of each kind: as many as there are optimisations, so that every kind meets each on every target; one more on
# an AVR, which has no room for some.
OF_A_KIND, ON_AVR = len(OPTIMISATIONS), len(OPTIMISATIONS) + 1
NAMES = [target.name for target in targets.all_targets()]
# The kinds whose multipliers are quotients of scales.
SCALED = ("FULLY_CONNECTED", "BATCH_MATMUL", "ADD", "SUB", "MUL", "MEAN", "RELU", "LEAKY_RELU", "ABS", "QUANTIZE")


def _count(target: str) -> int:
    return ON_AVR if target == "avr" else OF_A_KIND


@pytest.fixture(scope="module")
def found() -> dict[str, list[Finding]]:
    """By target: what came of each network, each optimisation in turn."""
    networks = [draw(kind, seed) for seed in range(ON_AVR) for kind in KINDS]
    with Reference() as reference:
        expected = references(networks, reference)
    chosen = [target for target in targets.all_targets() if target.available]

    def of(target: targets.Target) -> list[Finding]:
        place = NAMES.index(target.name)
        try:
            return [
                finding
                for which, optimise in enumerate(OPTIMISATIONS)
                for finding in compare(
                    [
                        n
                        for n in networks
                        if n.seed < _count(target.name) and (n.seed + place) % len(OPTIMISATIONS) == which
                    ],
                    target,
                    optimise,
                    expected,
                )
            ]
        finally:
            target.close()

    with ThreadPoolExecutor(2) as pool:
        return dict(zip((t.name for t in chosen), pool.map(of, chosen), strict=True))


@pytest.mark.slow
@pytest.mark.timeout(900)  # the first one waits for all: half a minute on two idle cores
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.emulator) if n != "native" else n for n in NAMES])
def test_random_networks_equal_the_interpreters(name: str, found: dict[str, list[Finding]]) -> None:
    if name not in found:
        pytest.skip("its compiler or its emulator is not installed")
    findings = found[name]
    assert len(findings) == len(KINDS) * _count(name)
    assert not [str(finding) for finding in findings if finding.outcome.failed]
    equal = [f.network.partition(":")[0] for f in findings if f.outcome is Outcome.EQUAL]
    # An AVR reads no constant operands, and what is too large for it is left out.
    refused = [f for f in findings if f.outcome is Outcome.WE_REFUSE]
    constant = {f.network.partition(":")[0] for f in refused if "constant operand" in f.detail}
    assert set(equal) | constant == set(KINDS)
    assert not constant or name == "avr"
    assert len([f for f in refused if "constant operand" not in f.detail]) <= 2, [str(f) for f in refused]
    assert len(equal) >= (0.7 if name == "avr" else 0.97) * len(findings)


def test_the_locked_interpreter_is_the_one_that_passed() -> None:
    root = Path(__file__).parents[2]
    locked = re.search(r"^tflite-micro==(\S+)", (root / "requirements.lock").read_text(), re.MULTILINE)
    assert locked is not None
    page = (root / "docs" / "differential.md").read_text()
    assert f"With tflite-micro {locked[1]}:" in page, "run make differential against it, then write its table there"


def test_a_multiplier_of_single_precision_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the networks are drawn for: if every quotient of scales were in single precision, they would show it."""
    sound = fixedpoint.quantize_multiplier

    def single(real: float, largest: float = fixedpoint.LARGEST) -> tuple[int, int]:
        return sound(float(np.float32(real)), largest)

    monkeypatch.setattr(fixedpoint, "quantize_multiplier", single)
    networks = [draw(f"{kind} int8", seed) for kind in SCALED for seed in range(12)]
    host = targets.all_targets()[0]
    host.batch = 80
    findings = held(networks, host, "speed")
    differing = {f.network.partition(" ")[0] for f in findings if f.outcome is Outcome.DIFFERS}
    assert differing == set(SCALED)
