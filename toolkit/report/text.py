"""How figures are written in the report and on the terminal: one place, so that both say the same."""

from __future__ import annotations

import re

from toolkit.artifacts import Build, DeviceIdentity, Score, SetResult, Ticks, Verdict, Verification
from toolkit.artifacts.cost import FLOAT_HOST, INT8_DEVICE, INT8_HOST

UNIT_NOTES = {
    "instructions": "Instructions of the network alone, without those of interrupts. They are neither cycles nor time.",
    "cycles": "Processor cycles, with those of the interrupts that came meanwhile.",
    "microseconds": "Microseconds of the device's own clock, with all that it did meanwhile.",
}
"""What is in a figure of this unit, and what is not."""


WORDS = {
    Verdict.PROVEN: "Proven",
    Verdict.DIFFERS: "Not proven",
    Verdict.WEAK: "Equal, but weak",
    Verdict.UNDECIDED: "Undecided",
}
"""The verdict in a word or two."""

_MANY = 1000
"""Inputs beyond which more of the same kind show no more."""

_FEW = 2
"""Layers that are named where the room is small."""

# Control characters, among them the one that begins a terminal's commands, and halves of a surrogate pair, which stand
# for bytes of a file name that are no UTF-8.
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def plain(name: str) -> str:
    """A name as it can be shown anywhere: what is no character to be seen becomes its number."""
    return _UNSHOWN.sub(lambda found: ascii(found.group())[1:-1], name)


def count(value: int) -> str:
    """12,345."""
    return f"{value:,}"


def many(value: int, one: str, more: str = "") -> str:
    """ "1 image", "12,345 images"."""
    return f"{value:,} {one if value == 1 else more or one + 's'}"


def size(value: int) -> str:
    """Bytes in decimal units, three figures: 812 bytes, 14.2 kB, 983 kB, 4.19 MB."""
    if value < 1000:
        return many(value, "byte")
    scaled, unit = (value / 1e3, "kB") if value < 999_500 else (value / 1e6, "MB")
    if unit == "MB" and scaled >= 999.5:
        scaled, unit = scaled / 1e3, "GB"
    return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f} {unit}"


def share(part: float, whole: float, places: int = 2) -> str:
    """A percentage that never claims all or nothing where it is not so: 9,999,999 of 10,000,000 is not 100%."""
    if whole == 0:
        return "-"
    value = 100 * part / whole
    text = f"{value:.{places}f}"
    if part != whole and text == f"{100:.{places}f}":
        text = f"{100 - 10**-places:.{places}f}"
    if part != 0 and float(text) == 0:
        return f"<{10**-places:.{places}f}%"
    return f"{text}%"


def interval(score: Score) -> str:
    """The 95 % interval: 96.53% to 97.21%."""
    return f"{100 * score.ci95[0]:.2f}% to {100 * score.ci95[1]:.2f}%"


METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "mae": "mean absolute error",
    "rmse": "root mean square error",
    "r2": "R²",
    "auc": "AUC",
    "mean_error": "mean square error",
}
"""What the metrics of `SetResult.scores` are called."""


def metric(name: str) -> str:
    """What a metric is called; "top3" is made of its number."""
    return METRICS.get(name) or (f"among the first {name[3:]}" if name.startswith("top") else name)


def scored(name: str, value: float) -> str:
    """A metric's value: shares as percentages, errors to four figures."""
    if name == "accuracy" or name.startswith("top"):
        return share(value, 1)
    return f"{value:.4f}" if name in ("macro_f1", "auc", "r2") else f"{value:.4g}"


def scores(of: SetResult) -> str:
    """What a set scored, in one line; empty where nothing is scored."""
    told = []
    if of.score is not None:
        told.append(
            f"{share(of.score.correct, of.score.total)}, {of.score.correct:,} of {of.score.total:,} right "
            f"(95% interval {interval(of.score)})"
        )
    return "; ".join([*told, *([more] if (more := beside_accuracy(of)) else [])])


def beside_accuracy(of: SetResult) -> str:
    """All metrics of a set but its accuracy, in one line."""
    told = []
    for name, value in of.scores.items():
        if name != "accuracy":
            whose = " of the normal ones" if name == "mean_error" and of.details.odd is not None else ""
            told.append(f"{metric(name)}{whose} {scored(name, value)}")
    return ", ".join(told)


def conversion(verification: Verification) -> str:
    """What the conversion cost, in a phrase: the first metric of each set, and the layer that adds most noise."""
    cost = verification.conversion
    if cost is None:
        return ""
    if cost.missing:
        return f"what it cost against {cost.source} is not known: {cost.missing}"
    told = []
    for name, rows in cost.scores.items():
        first = next(iter(rows[FLOAT_HOST]), "")
        if first:
            values = [scored(first, rows[row][first]) if first in rows[row] else "-" for row in CONVERSION_ROWS]
            whose = f"{verification.set(name).words.title}: " if len(cost.scores) > 1 else ""
            told.append(
                f"{whose}{metric(first)} {values[0]} in float32, {values[1]} in int8, {values[2]} on the device"
            )
    if (worst := cost.worst_layer) is not None:
        noise = "" if worst.snr_db is None else f", {decibels(worst.snr_db)}"
        told.append(f"most noise comes from {worst.title}{noise}")
    return "; ".join(told)


CONVERSION_ROWS = {
    FLOAT_HOST: "float32 on the host",
    INT8_HOST: "int8 on the host",
    INT8_DEVICE: "int8 on the device",
}
"""What the columns of `ConversionCost.scores` are called, in their order."""


def decibels(value: float) -> str:
    """37.7 dB."""
    return f"{value:.1f} dB"


def duration(seconds: float) -> str:
    """12.3 s, 3 min 25 s, 1 h 04 min."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def ticks(value: int, unit: str) -> str:
    """71,140 instructions."""
    return many(value, unit.removesuffix("s"), unit)


def resolution(kind: Ticks) -> str:
    """How finely the device counts: "counted one by one", "in steps of 40 instructions"."""
    if kind.resolution == 1 and kind.unit != "microseconds":
        return "counted one by one"
    return f"in steps of {ticks(kind.resolution, kind.unit)}"


def spread(kind: Ticks) -> str:
    """What is known of the slowest inference, beside the median."""
    if not kind.constant:
        return f"at most {kind.max:,}"
    return "always" if kind.min == kind.max else "the same for all to a step of the counter"


def as_time(value: int, kind: Ticks, clock_hz: int) -> str:
    """Ticks as milliseconds where that is honest: cycles at a known clock, and microseconds; otherwise empty."""
    if kind.unit == "cycles" and clock_hz:
        return f"{1e3 * value / clock_hz:.3g} ms at {clock_hz / 1e6:g} MHz"
    return f"{value / 1e3:.3g} ms" if kind.unit == "microseconds" and value >= 1000 else ""


def board(build: Build) -> str:
    """The board's name in words, or its id."""
    return build.board_name or build.board


def arena(device: DeviceIdentity, build: Build) -> str:
    """What the network really used of the memory that was reserved for it."""
    used = many(device.arena_bytes, "byte")
    if build.arena_bytes is None or build.arena_bytes == device.arena_bytes:
        return used
    return f"{used} used of {build.arena_bytes:,} reserved"


def failed(verification: Verification) -> int:
    """Inputs whose output is missing or not the host's."""
    return verification.asked - verification.within_tolerance


def unanswered(verification: Verification) -> int:
    """Inputs that the device never answered."""
    return verification.asked - verification.answered


def headline(verification: Verification) -> str:
    """What came back, in one sentence."""
    if verification.asked == 0:
        return "Nothing was verified."
    silent = unanswered(verification)
    differ = failed(verification) - silent
    total = count(verification.asked)
    if verification.verdict is Verdict.UNDECIDED:
        equal = (
            f"All {total} outputs equal"
            if not differ
            else f"{many(differ, 'output')} of {total} {_differs(differ)} from"
        )
        return f"{equal} the stand-in's, which is not the measure."
    if verification.verdict is Verdict.WEAK:
        return f"Every output equals the host's{_how(verification)}, but these inputs show little."
    if verification.verdict is Verdict.PROVEN:
        return f"Every output equals the host's{_how(verification)}."
    if differ and silent:
        missing = f"{count(silent)} {'was' if silent == 1 else 'were'} never given"
        return f"{many(differ, 'output')} of {total} {_differs(differ)} from the host's, {missing}."
    if not differ and not silent:
        return f"Every output equals the host's{_how(verification)}, but a layer on the way does not."
    if silent:
        return f"{many(silent, 'image')} of {total} {'was' if silent == 1 else 'were'} never answered."
    return f"{many(differ, 'output')} of {total} {_differs(differ)} from the host's."


def _how(verification: Verification) -> str:
    return ", byte for byte" if verification.bit_exact == verification.asked else " within the rounding of float32"


def why(verification: Verification) -> str:
    """Why the verdict is not a plain yes or no, in a sentence; empty where it is."""
    if verification.verdict is Verdict.WEAK and _too_few_seen(verification):
        return f"{strength(verification)}."
    if verification.verdict is Verdict.WEAK:
        outputs = many(verification.distinct_outputs, "distinct output")
        # Bytes that differ were let pass for rounding, which may have been all there was.
        inexact = verification.bit_exact < verification.asked
        remark = "; what only rounding lets pass does not count" if inexact else ""
        return f"They gave {outputs} in all{remark}, and most faults would not be seen."
    if verification.verdict is Verdict.UNDECIDED:
        return (
            "TensorFlow Lite Micro's interpreter cannot be had on this computer, and our own reading of it does not "
            "know all of this network; the one that stands in rounds otherwise on about one image in a hundred."
        )
    return ""


def _too_few_seen(verification: Verification) -> bool:
    """The strength alone would make the verdict weak."""
    found = verification.strength
    return found is not None and found.measured and found.weak


def strength(verification: Verification) -> str:
    """How many planted faults these inputs would have shown, in a phrase without a full stop; empty if nobody asked."""
    found = verification.strength
    if found is None:
        return ""
    if not found.measured:
        return f"how strong the proof is was not measured: {found.missing}"
    told = f"{found.seen:,} of {many(found.planted, 'planted fault')} would have been seen"
    if found.by_layers:
        told += f", {found.by_layers:,} of them by their layer alone"
    if found.seen < found.planted and found.tried < found.inputs:
        told += f" (the others held against {found.tried:,} of the {found.inputs:,} inputs at least)"
    if found.dead:
        told += f"; {found.dead:,} change nothing that anything reaches"
    if found.not_tried:
        told += f"; {many(found.not_tried, 'operator')} could not be tried"
    dark = found.unseen_layers
    if dark:
        more = f" and {len(dark) - _FEW:,} more" if len(dark) > _FEW else ""
        told += f"; zeroed, no input would show {_listed([plain(name) for name in dark[:_FEW]])}{more}"
    silent = [layer.name for layer in found.layers if layer.planted and not layer.seen and layer.title not in dark]
    if silent:
        told += f"; none of {_listed(silent[:_FEW])}'s"
    return told


def what_helps(verification: Verification) -> str:
    """What the user can do about it, in one line."""
    if verification.verdict is Verdict.UNDECIDED:
        return "verify on a computer for which TensorFlow Lite Micro's wheel exists: Linux on x86-64"
    if _too_few_seen(verification):
        data = "leave out --limit" if verification.scores else "send data of the network's own kind: --data"
        return f"{data}; inputs that reach each layer show its faults"
    if verification.asked >= _MANY:
        return "the network gives the same answer to nearly everything: is it trained, and are its inputs in its range?"
    more = "leave out --limit" if verification.scores else f"--limit {_MANY}"
    return f"ask for more inputs: {more}"


def equality(verification: Verification) -> str:
    """How outputs were compared, in a phrase."""
    if verification.tolerance:
        return (
            f"element by element: to {verification.tolerance:g} of each one's own size, and beyond that only as far as "
            "rounding moves the host's own"
        )
    return "byte for byte"


def sent(verification: Verification) -> str:
    """What went to the device, and how much of it was telling."""
    return f"{verification.inputs}; {many(verification.distinct_outputs, 'distinct output')}"


def _differs(number: int) -> str:
    return "differs" if number == 1 else "differ"


def link_summary(verification: Verification) -> str:
    """What the link suffered, in one sentence."""
    link = verification.link
    troubles = [
        many(link.damaged, "damaged frame"),
        many(link.resent, "frame sent again", "frames sent again"),
        many(link.timeouts, "silence"),
        many(link.resets, "device reset"),
    ]
    seen = [text for text, number in zip(troubles, _numbers(verification), strict=True) if number]
    if not seen:
        return "The link was clean: nothing was damaged, nothing was sent twice."
    kept = unanswered(verification) == 0
    return f"The link suffered {_listed(seen)}, and {'lost no image' if kept else 'images were lost'}."


def troubled(verification: Verification) -> bool:
    """Anything was damaged, resent, silent or reset, or a board was lost."""
    return any(_numbers(verification)) or any(share.lost for share in verification.devices)


def shares(verification: Verification) -> tuple[str, ...]:
    """What each of several boards did, a sentence each; empty if there was one."""
    return tuple(
        f"{share.port} answered {many(share.answered, 'image')}"
        + (f" and was then lost: {share.lost}; the others took over." if share.lost else ".")
        for share in verification.devices
    )


def _numbers(verification: Verification) -> tuple[int, int, int, int]:
    link = verification.link
    return link.damaged, link.resent, link.timeouts, link.resets


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
