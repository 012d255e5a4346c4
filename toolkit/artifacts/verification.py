"""Device against host: what was answered, how long it took, what the link went through, the verdict."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from toolkit.artifacts.base import Artifact, DType, read_json, seal_of, to_jsonable
from toolkit.artifacts.model import Score
from toolkit.errors import ChangedFileError


class Verdict(StrEnum):
    """What a run showed; docs/verdicts.md says how it is reached.

    PROVEN: every output was given and equals the host's, and the inputs were telling.
    DIFFERS: an output is missing, or is not the host's.
    WEAK: every output equals the host's, but so few distinct ones came back that many a fault would not be seen.
    UNDECIDED: the host has a stand-in for the interpreter that is the measure, so neither can be said.
    """

    PROVEN = "proven"
    DIFFERS = "differs"
    WEAK = "weak"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Histogram(Artifact):
    """Counts of whole numbers in bins of one width.

    Attributes:
        start: the lowest value of the first bin.
        width: of every bin; bin i holds start + i * width <= value < start + (i + 1) * width.
        counts: values in each bin.
        beyond: values above the last bin, a few that would have squeezed all others into one bar.
    """

    start: int
    width: int
    counts: tuple[int, ...]
    beyond: int = 0


@dataclass(frozen=True)
class Ticks(Artifact):
    """Time per inference in the unit that the device can honestly give.

    Attributes:
        unit: "instructions", "cycles" or "microseconds".
        min, median, max: over all answered images.
        histogram: the distribution; None if it was not kept.
        resolution: the step of the device's counter, in `unit`.
    """

    unit: str
    min: int
    median: int
    max: int
    histogram: Histogram | None = None
    resolution: int = 1

    @property
    def constant(self) -> bool:
        """No two inferences differ by more than the counter can tell: what spread there is may be the counter's.

        One that counts events one by one tells all differences; a clock is read somewhere within its step.
        """
        exact = self.resolution == 1 and self.unit != "microseconds"
        return self.max - self.min <= (0 if exact else self.resolution)


@dataclass(frozen=True)
class DeviceIdentity(Artifact):
    """What the device said of itself in HELLO."""

    board: str
    runtime: str
    model_sha256: str
    build_id: str
    arena_bytes: int
    stack_bytes: int


@dataclass(frozen=True)
class LinkStats(Artifact):
    """What the link went through.

    Attributes:
        bytes_up, bytes_down: on the wire, framing included.
        frames_sent: frames to the device, resent ones included.
        resent: frames sent again.
        damaged: frames that failed their CRC, either side.
        timeouts: silences that ended in a new HELLO.
        resets: times that the device started anew in mid-run.
        reopened: times that the port vanished and came back.
    """

    bytes_up: int = 0
    bytes_down: int = 0
    frames_sent: int = 0
    resent: int = 0
    damaged: int = 0
    timeouts: int = 0
    resets: int = 0
    reopened: int = 0


@dataclass(frozen=True)
class DeviceShare(Artifact):
    """What one of several boards did in a run.

    Attributes:
        port: what was opened.
        answered: images that it answered.
        lost: why it was given up in mid-run; None if it was there to the end.
        link: what its own link went through.
    """

    port: str
    answered: int
    lost: str | None
    link: LinkStats


@dataclass(frozen=True)
class ImageResult(Artifact):
    """One image's fate.

    Attributes:
        set: "mnist", "external", "images" or "random".
        index: within its set.
        name: the file's name, for external images.
        label: the truth, or None for inputs without one.
        expected, got: output tensor bytes in hex; got is None if never answered.
        exact: the bytes are equal.
        ticks: measured by the device.
        within_tolerance: float32: each element is within its bound; None means the same as `exact`.
    """

    set: str
    index: int
    name: str
    label: int | None
    predicted: int | None
    expected: str
    got: str | None
    exact: bool
    ticks: int | None
    within_tolerance: bool | None = None

    @property
    def passed(self) -> bool:
        """The device's output counts as the host's; whether the label is right is another matter."""
        return self.exact if self.within_tolerance is None else self.within_tolerance


@dataclass(frozen=True)
class Pictures(Artifact):
    """Images as data URIs, so that the report can be made again from its JSON alone.

    Attributes:
        seen: "set/index" -> PNG, 28x28 grey, exactly what the network saw.
        drawn: "set/index" -> a reduced JPEG of the file that a person drew or photographed.
    """

    seen: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verification(Artifact):
    """Device against host: `build/<board>/verification.json`.

    Attributes:
        images: that were to be asked.
        answered: that were answered.
        bit_exact: whose output bytes equal the host's.
        within_tolerance: float32 only: outputs within the stated tolerance; for int8 equal to bit_exact.
        tolerance: of each float32 element, relative to its own size (toolkit/verify/tolerance.py has the rest of the
            rule); 0 for int8.
        max_difference: largest absolute difference seen, in the output's own unit; -1 where it is no number.
        reference: the host interpreter that gave the expected bytes.
        first_difference: the first image that differed, and in which element, in words; None if none did.
        verdict: what all of this comes to.
        inputs: what was sent, in words.
        distinct_outputs: how many different outputs came back; those that only rounding tells apart count once, and
            see `toolkit.verify.judge.distinct_outputs`.
        external: the external images and a user's own, one by one.
        wrong: every image whose output differs, was never given, or is not its label.
        confusion: by set: rows are the truth, columns what the device said; unanswered images are in none.
        date: of the end of the run, ISO 8601, UTC.
        port: what was opened; several boards' ports with commas between.
        devices: each board's share, if there were several; `link` is then their sum.
        emulated: True for an emulator that `flash` started, False for another device that it flashed, None if unknown.
        resumed: answers taken over from the journal of an interrupted run.
        data: by set: where its images came from, in words.
        tools: what took part in the run, name -> version.
        pictures: of the images that the report shows.
        record_sha256: of this record as JSON, without this; `save` fills it in, `load` demands it.
    """

    board: str
    model: str
    dtype: DType
    images: int
    answered: int
    bit_exact: int
    within_tolerance: int
    tolerance: float
    max_difference: float
    resent: int
    verdict: Verdict
    inputs: str
    distinct_outputs: int
    reference: str
    first_difference: str | None
    accuracy: dict[str, Score]
    ticks: Ticks | None
    seconds: float
    images_per_second: float
    device: DeviceIdentity
    link: LinkStats
    external: tuple[ImageResult, ...] = ()
    wrong: tuple[ImageResult, ...] = ()
    confusion: dict[str, tuple[tuple[int, ...], ...]] = field(default_factory=dict)
    date: str = ""
    port: str = ""
    emulated: bool | None = None
    resumed: int = 0
    data: dict[str, str] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    pictures: Pictures = field(default_factory=Pictures)
    devices: tuple[DeviceShare, ...] = ()
    record_sha256: str = ""

    def save(self, path: Path) -> None:
        """Write it sealed; see Artifact."""
        sealed = dataclasses.replace(self, record_sha256=seal_of(to_jsonable(self)))
        super(Verification, sealed).save(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read back what `save` wrote.

        Raises:
            ChangedFileError: somebody has changed it since.
            TinymlError: see Artifact.
        """
        verification = super().load(path)
        if verification.record_sha256 != seal_of(read_json(path)):
            raise ChangedFileError(
                f"{path} is not what tinyml verify wrote: it was changed since",
                f"tinyml verify --board {verification.board}",
            )
        return verification

    @property
    def proven(self) -> bool:
        """The verdict is PROVEN."""
        return self.verdict is Verdict.PROVEN
