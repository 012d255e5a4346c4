"""What a set of inputs scored, beyond right and wrong: little enough to be kept, and enough to draw the charts from."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts.base import Artifact


@dataclass(frozen=True)
class Distribution(Artifact):
    """Counts of real values in bins of one width.

    Attributes:
        start: the lowest value of the first bin.
        width: of every bin; 0 where all values are the same, in one bin.
        counts: values in each bin; the last one holds its upper end too.
        odd: reconstruct, with flags: of these, those of samples that are odd; otherwise empty.
        below, beyond: values left of the first bin and right of the last: a few that would have squeezed all others.
    """

    start: float
    width: float
    counts: tuple[int, ...]
    odd: tuple[int, ...] = ()
    below: int = 0
    beyond: int = 0


@dataclass(frozen=True)
class Curve(Artifact):
    """Receiver operating characteristic, from (0, 0) to (1, 1), thinned to what can be seen.

    Attributes:
        false: by threshold, falling: the share of the normal samples that score at least that much.
        true: the share of the odd ones.
    """

    false: tuple[float, ...]
    true: tuple[float, ...]


@dataclass(frozen=True)
class Worst(Artifact):
    """One of the samples on which a network did worst.

    Attributes:
        index: within its set; name: the file's name, if it came from one.
        error: regress: mean absolute error of its elements; reconstruct: mean square error. None: no number.
        truth, said: regress: the first few elements; reconstruct: empty.
        odd: reconstruct: what the truth says; None without one.
        given, output: reconstruct: the elements as real values, until they are drawn; empty where there are very many.
    """

    index: int
    name: str
    error: float | None
    truth: tuple[float | None, ...] = ()
    said: tuple[float | None, ...] = ()
    odd: bool | None = None
    given: tuple[float, ...] = ()
    output: tuple[float, ...] = ()


@dataclass(frozen=True)
class Details(Artifact):
    """What lies behind a set's scores.

    Attributes:
        answered: inputs that gave a whole output; metrics of errors are of these alone.
        odd: of these, how many are odd; None where nothing says so.
        errors: regress: said minus truth, by element; reconstruct: the mean square error, by sample.
        curve: where odd ones were to be told from normal ones, or one class from another.
        points: regress: (truth, said) of some of the elements.
        worst: regress: the largest error first. reconstruct: normal samples that look odd, then odd ones that look
            normal.
    """

    answered: int = 0
    odd: int | None = None
    errors: Distribution | None = None
    curve: Curve | None = None
    points: tuple[tuple[float, float], ...] = ()
    worst: tuple[Worst, ...] = ()
