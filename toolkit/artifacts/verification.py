"""Device against host: what was answered, how long it took, what the link went through, the verdict."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Self

from toolkit.artifacts.base import Artifact, DType, read_json, seal_of, to_jsonable
from toolkit.artifacts.cost import ConversionCost
from toolkit.artifacts.gate import GateResult
from toolkit.artifacts.model import Score
from toolkit.artifacts.scoring import Details
from toolkit.artifacts.strength import Strength
from toolkit.artifacts.tensor import TensorSpec
from toolkit.artifacts.trace import FirstDifference, Trace
from toolkit.errors import ChangedFileError


class Verdict(StrEnum):
    """What a run showed; docs/verdicts.md says how it is reached.

    PROVEN: every output was given and equals the host's, and the inputs were telling.
    DIFFERS: an output is missing, or is not the host's.
    WEAK: every output equals the host's, but these inputs would not show many a fault.
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
        min, median, max: over all answered inputs.
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
        answered: inputs that it answered.
        lost: why it was given up in mid-run; None if it was there to the end.
        link: what its own link went through.
    """

    port: str
    answered: int
    lost: str | None
    link: LinkStats


@dataclass(frozen=True)
class SetWords(Artifact):
    """How a set of inputs is called in texts.

    Attributes:
        title: the set, in a heading: "MNIST test set".
        one: one of its inputs, before a number or a file's name: "MNIST test image".
        short: the same where there is little room: "mnist image".
        truth: what the network tells of an input.
        prepared: what was done to a picture that a person made before the network saw it; empty for nothing.
    """

    title: str
    one: str
    short: str
    truth: str = "class"
    prepared: str = ""

    @classmethod
    def plain(cls, name: str, what: str = "input") -> SetWords:
        """By the set's name, where nothing else is said."""
        return cls(name, f"{name} {what}", f"{name} {what}")


@dataclass(frozen=True)
class InputResult(Artifact):
    """One input's fate.

    Attributes:
        set: the name of its set.
        index: within its set.
        name: the file's name, if it came from one.
        label: the true class, or None for inputs without one.
        predicted: the class that the device named; None without a whole answer, and where outputs name none.
        expected, got: the outputs' bytes, one after the other, in hex; got is None if never answered.
        exact: the bytes are equal.
        ticks: measured by the device.
        within_tolerance: float32: each element is within its bound; None means the same as `exact`.
        meant: the class that the host named, of an input whose output is not the host's.
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
    meant: int | None = None

    @property
    def passed(self) -> bool:
        """The device's output counts as the host's; whether the label is right is another matter."""
        return self.exact if self.within_tolerance is None else self.within_tolerance


@dataclass(frozen=True)
class SetResult(Artifact):
    """What came of one set of inputs.

    Attributes:
        name: of the set; words: how it is called.
        asked: how many inputs it has.
        failed: those whose output is missing or not the host's.
        score: right classes; None where there is no truth.
        confusion: rows are the truth, columns what the device said; unanswered inputs are in none. Empty where there
            are no classes, or very many.
        classes: what the classes are called; empty for their numbers.
        picture: rows and columns of an input as a picture; zeros, or empty, where it is none.
        singly: its inputs one by one, where each is of a person's own making.
        task: how outputs were held against the truth: classify, regress, reconstruct or none.
        scores: metric -> value, of those that this task and truth define; docs/scores.md has their names.
        details: what lies behind them.
        form: how an input is drawn: image, spectrogram, wave or bars; empty in records of before there were others.
        inputs_sha256: of the inputs as the user has them.
        outputs_crc: of each output that the device gave; see `toolkit.artifacts.baseline.fingerprint`.
        output: the place of the output that is scored.
    """

    name: str
    words: SetWords
    asked: int
    failed: int
    score: Score | None = None
    confusion: tuple[tuple[int, ...], ...] = ()
    classes: tuple[str, ...] = ()
    picture: tuple[int, ...] = ()
    singly: tuple[InputResult, ...] = ()
    task: str = "none"
    scores: dict[str, float] = field(default_factory=dict)
    details: Details = field(default_factory=Details)
    output: int = 0
    form: str = ""
    inputs_sha256: str = ""
    outputs_crc: str = ""

    @property
    def one(self) -> str:
        """What an input is, in a word: image or input."""
        return "image" if self.form == "image" or (not self.form and self.picture) else "input"

    def class_name(self, number: int) -> str:
        """What a class is called."""
        return self.classes[number] if 0 <= number < len(self.classes) else str(number)


@dataclass(frozen=True)
class Pictures(Artifact):
    """Inputs as data URIs, so that the report can be made again from its JSON alone.

    Attributes:
        seen: "set/index" -> PNG or SVG: what the network saw.
        drawn: "set/index" -> a reduced JPEG of the file that a person drew or photographed.
        again: "set/index" -> of a network that gives its input again: what it gave.
    """

    seen: dict[str, str] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verification(Artifact):
    """Device against host: `verification.json` in the build's folder.

    Attributes:
        asked: inputs that were to be answered.
        answered: that were answered.
        bit_exact: whose output bytes equal the host's.
        within_tolerance: outputs whose float32 elements are within the stated tolerance; else equal to bit_exact.
        tolerance: of each float32 element, relative to its own size (toolkit/verify/tolerance.py has the rest of the
            rule); 0 where no output is float32.
        max_difference: largest absolute difference seen, of elements as they are stored; -1 where it is no number.
        reference: the host interpreter that gave the expected bytes.
        first_difference: where the device first differed from the host; None if it did not.
        verdict: what all of this comes to.
        inputs: what was sent, in words.
        distinct_outputs: how many different rows of all outputs came back; those that only rounding tells apart count
            once, and see `toolkit.verify.judge.distinct_outputs`.
        sets: what came of each set, in the order in which they were asked.
        wrong: every input whose output differs, was never given, or is not its label.
        date: of the end of the run, ISO 8601, UTC.
        port: what was opened; several boards' ports with commas between.
        devices: each board's share, if there were several; `link` is then their sum.
        emulated: True for an emulator that `flash` started, False for another device that it flashed, None if unknown.
        resumed: answers taken over from the journal of an interrupted run.
        data: by set: where its inputs came from, in words.
        tools: what took part in the run, name -> version.
        pictures: of the inputs that the report shows.
        gates: the bounds that the user set, and how this run stands against them.
        strength: how many planted faults these inputs would have shown; None where an output differed, or nothing could
            be decided.
        outputs: the network's outputs, whose bytes each result holds one after the other.
        trace: the layers of the first inputs; None in records of before there was any.
        conversion: what the conversion to int8 cost; None where no float32 network is known, or nothing was sent that
            could tell.
        record_sha256: of this record as JSON, without this; `save` fills it in, `load` demands it.
    """

    board: str
    model: str
    dtype: DType
    asked: int
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
    first_difference: FirstDifference | None
    ticks: Ticks | None
    seconds: float
    inputs_per_second: float
    device: DeviceIdentity
    link: LinkStats
    sets: tuple[SetResult, ...] = ()
    wrong: tuple[InputResult, ...] = ()
    date: str = ""
    port: str = ""
    emulated: bool | None = None
    resumed: int = 0
    data: dict[str, str] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    pictures: Pictures = field(default_factory=Pictures)
    devices: tuple[DeviceShare, ...] = ()
    gates: tuple[GateResult, ...] = ()
    strength: Strength | None = None
    outputs: tuple[TensorSpec, ...] = ()
    conversion: ConversionCost | None = None
    trace: Trace | None = None
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

    @property
    def missed(self) -> tuple[GateResult, ...]:
        """The gates that are not met."""
        return tuple(each for each in self.gates if not each.met)

    @property
    def passed(self) -> bool:
        """It is proven, and every gate is met."""
        return self.proven and not self.missed

    def set(self, name: str) -> SetResult:
        """The result of a set; an empty one where there is none of that name."""
        found = (each for each in self.sets if each.name == name)
        return next(found, SetResult(name, SetWords.plain(name), 0, 0))

    @property
    def main(self) -> SetResult | None:
        """The largest set that has a truth; None if none has."""
        scored = (each for each in self.sets if each.score is not None and each.score.total)
        return max(scored, key=lambda each: each.asked, default=None)

    @property
    def scores(self) -> dict[str, Score]:
        """By the title of the set: right classes."""
        return {each.words.title: each.score for each in self.sets if each.score is not None}

    @property
    def accuracy(self) -> dict[str, Score]:
        """By set: right classes."""
        return {each.name: each.score for each in self.sets if each.score is not None}

    @property
    def singly(self) -> tuple[InputResult, ...]:
        """The inputs that are shown one by one."""
        return tuple(result for each in self.sets for result in each.singly)
