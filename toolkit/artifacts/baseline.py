"""What is kept of a build and of the verdict on it, to hold a later one against: small enough for a repository."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from toolkit.artifacts.base import Artifact
from toolkit.artifacts.verification import SetResult, Ticks, Verdict

KIND = "tinyml baseline"


def fingerprint(outputs: Iterable[bytes | None]) -> str:
    """CRC-32 of each output, little-endian, together in Base64; 0 for an output that never came."""
    crcs = [0 if each is None else zlib.crc32(each) or 1 for each in outputs]
    return base64.b64encode(struct.pack(f"<{len(crcs)}I", *crcs)).decode()


def _crcs(kept: str) -> tuple[int, ...]:
    data = base64.b64decode(kept)
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


@dataclass(frozen=True)
class Identity(Artifact):
    """What was built, of what, with what."""

    board: str
    model: str
    dtype: str
    runtime: str
    toolchain: str = ""
    optimise: str = ""
    model_sha256: str = ""
    build_id: str = ""
    tools: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sizes(Artifact):
    """Bytes of flash and RAM, the same by owner, and what the network needs of them."""

    flash_bytes: int
    ram_bytes: int
    flash_by_owner: dict[str, int] = field(default_factory=dict)
    ram_by_owner: dict[str, int] = field(default_factory=dict)
    arena_bytes: int | None = None
    model_bytes: int | None = None
    macs: int | None = None


@dataclass(frozen=True)
class KeptSet(Artifact):
    """What came of one set of inputs.

    Attributes:
        name: of the set.
        asked: how many inputs it has.
        scores: metric -> value.
        inputs_sha256: of the inputs as the user has them; empty where it was not kept.
        outputs_crc: see `fingerprint`: of what the device gave.
        misread: index and class named, of each input that was called another class than its own.
    """

    name: str
    asked: int
    scores: dict[str, float] = field(default_factory=dict)
    inputs_sha256: str = ""
    outputs_crc: str = ""
    misread: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, result: SetResult, scores: dict[str, float], misread: Iterable[tuple[int, int]]) -> Self:
        """The same of a run's result."""
        return cls(result.name, result.asked, scores, result.inputs_sha256, result.outputs_crc, tuple(sorted(misread)))

    def changed(self, other: KeptSet) -> int | None:
        """How many outputs are not those of `other`; None where the inputs are not known to be the same."""
        if not self.inputs_sha256 or (self.inputs_sha256, self.asked) != (other.inputs_sha256, other.asked):
            return None
        mine, its = _crcs(self.outputs_crc), _crcs(other.outputs_crc)
        if len(mine) != self.asked or len(its) != self.asked:
            return None
        return sum(one != another for one, another in zip(mine, its, strict=True))


@dataclass(frozen=True)
class Verified(Artifact):
    """What a run showed; planted, seen: faults, see `Strength`; None where none were planted."""

    verdict: Verdict
    asked: int
    bit_exact: int
    inputs: str
    ticks: Ticks | None = None
    sets: tuple[KeptSet, ...] = ()
    planted: int | None = None
    seen: int | None = None


@dataclass(frozen=True)
class Baseline(Artifact):
    """A build, or a run, or both, as `tinyml compare` holds them against one another.

    Attributes:
        kind: KIND, by which the file is known.
        identity: what it is.
        sizes: None where only a verification is at hand.
        verified: None for a build that was not verified.
    """

    kind: str
    identity: Identity
    sizes: Sizes | None = None
    verified: Verified | None = None
