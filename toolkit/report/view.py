"""Everything that the report's template prints, worked out beforehand: the template only loops and prints."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Build, GateResult, SetResult, Verdict, Verification
from toolkit.report import chain, charts, cost, inputs, layers, memory, scores, strength, text


@dataclass(frozen=True)
class Figure:
    """One key figure; `state` is "good", "bad" or "" for the colour."""

    name: str
    value: str
    unit: str
    note: str
    state: str = ""


@dataclass(frozen=True)
class LinkFact:
    """One line of what the link went through; `trouble` is a count above 0 that should not be."""

    name: str
    value: str
    note: str
    trouble: bool = False


@dataclass(frozen=True)
class View:
    """The page."""

    title: str
    verdict: str
    stamp: str
    headline: str
    why: str
    lead: str
    caveat: str
    when: str
    figures: tuple[Figure, ...]
    overview: inputs.Overview | None
    failures: tuple[inputs.Failure, ...]
    failures_left_out: int
    steps: tuple[chain.Step, ...]
    tools: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    reference: str
    comparison: str
    data: tuple[tuple[str, str], ...]
    accuracy: charts.IntervalChart
    confusion: inputs.Confusion | None
    classes: tuple[scores.ClassRow, ...]
    curve: scores.Line | None
    regress: tuple[scores.Scored, ...]
    reconstruct: tuple[scores.Scored, ...]
    misread: inputs.Misread
    singly: inputs.Singly | None
    truth: str
    times: charts.TimeChart | None
    memories: tuple[memory.MemoryBar, ...]
    plan: memory.PlanChart | None
    link_summary: str
    link_troubled: bool
    link: tuple[LinkFact, ...]
    boards: tuple[str, ...]
    gates: tuple[GateResult, ...]
    strength: strength.StrengthChart | None
    layers: layers.LayerRow | None
    conversion: cost.CostTable | None


_STATES = {Verdict.PROVEN: "good", Verdict.DIFFERS: "bad"}


def _lead(verification: Verification, build: Build) -> str:
    asked = text.many(verification.asked, "input")
    failed = text.failed(verification)
    device = text.board(build)
    told = f"{asked} went to {device}, which ran {build.model} ({build.dtype}) on the {build.runtime} runtime."
    sent = f"Sent were {verification.inputs}. The host's answers to them are {_distinct(verification)}."
    told = f"{told} {sent}"
    equal = verification.verdict in (Verdict.PROVEN, Verdict.WEAK)
    if equal and verification.bit_exact == verification.asked:
        told = f"{told} Each answer was held against the host's, and not one bit of any output differs."
        return told + _seen(verification)
    if equal:
        return (
            f"{told} The largest difference from the host's outputs is {verification.max_difference:.2g}; "
            f"{verification.bit_exact:,} are equal to the last bit.{_seen(verification)}"
        )
    answered = f"{verification.answered:,} were answered, {verification.bit_exact:,} of them with the host's very bytes"
    if verification.verdict is Verdict.UNDECIDED:
        return f"{told} {answered}. Neither equal nor different bytes say anything of the device here."
    if verification.answered and not failed:
        return f"{told} {answered}. A layer on the way is not the host's all the same: other inputs may show it."
    if verification.answered and not failed - text.unanswered(verification):
        return f"{told} {answered}. What is missing is not proven."
    return f"{told} {answered}. The firmware does not compute what the host does: do not trust it."


def _seen(verification: Verification) -> str:
    """How strong a proof is; where it is too weak, `why` has it."""
    found = verification.strength
    if verification.verdict is not Verdict.PROVEN or found is None or not found.measured:
        return ""
    return f" Of {text.many(found.planted, 'fault')} planted on the host, {found.seen:,} would have been seen."


def _distinct(verification: Verification) -> str:
    number = verification.distinct_outputs
    return "all the same" if number == 1 else f"{number:,} distinct ones"


def _caveat(verification: Verification, build: Build) -> str:
    if verification.emulated:
        sister = ", by the emulator of a sister chip" if build.standing == "a sister chip's emulator" else ""
        return f"The device was emulated{sister}: no physical board took part in this run."
    # A port does not tell what is behind it, so nothing is claimed to be a physical board.
    return f"The device was reached at {verification.port}." if verification.port else ""


def _figures(verification: Verification, build: Build) -> tuple[Figure, ...]:
    figures = []
    exact = not verification.tolerance
    good = verification.bit_exact if exact else verification.within_tolerance
    figures.append(
        Figure(
            "equal bytes" if exact else "within tolerance",
            text.count(good),
            f"of {verification.asked:,}",
            "outputs held against the host's",
            _STATES.get(verification.verdict, ""),
        )
    )
    for name, score in verification.scores.items():
        figures.append(
            Figure(
                name,
                text.share(score.correct, score.total) if score.total > 100 else text.count(score.correct),
                f"{score.correct:,} of {score.total:,}" if score.total > 100 else f"of {score.total}",
                f"95% interval {text.interval(score)}",
            )
        )
    figures += [_score(each) for each in verification.sets if each.score is None and each.scores]
    ticks = verification.ticks
    if ticks is not None:
        note = text.as_time(ticks.median, ticks, build.clock_hz) or text.spread(ticks)
        note = f"median; {note}; {text.resolution(ticks)}"
        figures.append(Figure("per inference", text.count(ticks.median), ticks.unit, note))
    stack, origin = _stack(verification, build)
    counted = f"with {text.size(stack)} of stack, {origin}" if stack else "without the stack"
    for name, used, limit, note in (
        ("flash", build.flash_bytes, build.flash_limit, ""),
        ("RAM", build.ram_bytes + stack, build.ram_limit, counted),
    ):
        part = f"{text.share(used, limit, 1)} of {text.size(limit)}"
        figures.append(Figure(name, text.size(used), part, note, "bad" if used > limit else ""))
    return tuple(figures)


_FIRST = ("auc", "r2", "mae", "mean_error")
"""The metric of a set that stands for it, where it has no classes."""


def _score(of: SetResult) -> Figure:
    name = next((each for each in _FIRST if each in of.scores), next(iter(of.scores)))
    others = ", ".join(
        f"{text.metric(each)} {text.scored(each, of.scores[each])}" for each in of.scores if each != name
    )
    return Figure(of.words.title, text.scored(name, of.scores[name]), text.metric(name), others)


def _stack(verification: Verification, build: Build) -> tuple[int, str]:
    """Bytes of stack, and where the figure comes from."""
    if verification.device.stack_bytes:
        return verification.device.stack_bytes, "measured on the device"
    return build.size.stack_bytes or 0, "reserved"


def _memory(verification: Verification, build: Build) -> tuple[memory.MemoryBar, ...]:
    stack, origin = _stack(verification, build)
    ram_owners = dict(build.size.ram_by_owner)
    rest = build.ram_bytes - sum(ram_owners.values())
    if stack:
        if rest > 0:
            ram_owners["other"] = ram_owners.get("other", 0) + rest
        ram_owners[f"stack ({origin})"] = stack
    note = f"variables, arena, and {text.many(stack, 'byte')} of stack, {origin}" if stack else "variables and arena"
    return (
        memory.memory(
            "Flash",
            build.flash_bytes,
            build.flash_limit,
            build.size.flash_by_owner,
            "code, constants, the model, and the initial values of variables",
        ),
        memory.memory("RAM", build.ram_bytes + stack, build.ram_limit, ram_owners, note),
    )


def _link(verification: Verification) -> tuple[LinkFact, ...]:
    link = verification.link
    seconds = verification.seconds
    up = f"{text.size(round(link.bytes_up / seconds))}/s" if seconds > 0 else ""
    down = f"{text.size(round(link.bytes_down / seconds))}/s" if seconds > 0 else ""
    return (
        LinkFact("throughput", f"{verification.inputs_per_second:,.1f}", "inputs a second"),
        LinkFact("duration", text.duration(seconds), "the whole run"),
        LinkFact("to the device", text.size(link.bytes_up), up),
        LinkFact("from the device", text.size(link.bytes_down), down),
        LinkFact("frames sent", text.count(link.frames_sent), "resent ones included"),
        LinkFact("sent again", text.count(link.resent), "frames lost or refused", link.resent > 0),
        LinkFact("damaged", text.count(link.damaged), "frames that failed their CRC", link.damaged > 0),
        LinkFact("silences", text.count(link.timeouts), "ended by asking again", link.timeouts > 0),
        LinkFact("resets", text.count(link.resets), "the device started anew", link.resets > 0),
        LinkFact("resumed", text.count(verification.resumed), "answers kept from an interrupted run"),
    )


def _curve(of: SetResult | None) -> scores.Line | None:
    return None if of is None else scores.line(of.details.curve, of.scores.get("auc"))


def build_view(verification: Verification, build: Build) -> View:
    """The page's content."""
    failures = inputs.failures(verification)
    confusion = inputs.confusion(verification)
    return View(
        title=f"{build.model} on {text.board(build)}: {text.WORDS[verification.verdict].lower()}",
        verdict=str(verification.verdict),
        stamp=text.WORDS[verification.verdict],
        headline=text.headline(verification),
        why=text.why(verification),
        lead=_lead(verification, build),
        caveat=_caveat(verification, build),
        when=verification.date.replace("T", " ").replace("+00:00", " UTC"),
        figures=_figures(verification, build),
        overview=inputs.overview(verification),
        failures=failures,
        failures_left_out=text.failed(verification) - len(failures),
        steps=chain.steps(verification, build),
        tools=chain.tools(verification, build),
        reference=verification.reference,
        comparison=text.equality(verification),
        data=tuple((verification.set(name).words.title, source) for name, source in verification.data.items()),
        accuracy=charts.intervals(
            verification.scores,
            confusion.matrix if confusion else (),
            confusion.classes if confusion else (),
            {each.words.title: text.beside_accuracy(each) for each in verification.sets},
        ),
        confusion=confusion,
        classes=scores.classes(verification.main),
        curve=_curve(verification.main),
        regress=scores.of_task(verification, "regress"),
        reconstruct=scores.of_task(verification, "reconstruct"),
        misread=inputs.misread(verification, build),
        singly=inputs.singly(verification, build),
        truth=verification.main.words.truth if verification.main else "class",
        times=charts.times(verification.ticks, build) if verification.ticks else None,
        memories=_memory(verification, build),
        plan=memory.plan(build.plan, build.layers, build.arena_bytes, build.size.layers, build.streamed),
        link_summary=text.link_summary(verification),
        link_troubled=text.troubled(verification),
        link=_link(verification),
        boards=text.shares(verification),
        gates=verification.gates,
        strength=strength.chart(verification),
        layers=layers.row(verification),
        conversion=cost.table(verification),
    )
