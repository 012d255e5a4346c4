"""The verdict on a terminal: at most one screen of 24 lines at 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from toolkit.artifacts import Build, InputResult, Runtime, Verdict, Verification
from toolkit.report import layers, outputs, text

MOST_FAILED = 3
"""Failed inputs that are listed; the report shows more."""

MOST_SINGLY = 20
"""Inputs that are listed one by one."""


_STYLES = {Verdict.PROVEN: "green", Verdict.DIFFERS: "red", Verdict.WEAK: "yellow", Verdict.UNDECIDED: "yellow"}


def _verdict(verification: Verification) -> Panel:
    word, style = text.WORDS[verification.verdict].upper(), _STYLES[verification.verdict]
    device = verification.device
    told = Text()
    told.append(f"{word}  ", style=f"bold {style}")
    told.append(text.headline(verification), style="bold")
    told.append(
        "\n"
        + text.plain(
            f"{verification.model} {verification.dtype} on {device.board}, runtime {device.runtime}, "
            f"build {device.build_id}"
        ),
        style="dim",
    )
    if why := text.why(verification):
        told.append(f"\n{why}")
    return Panel(told, border_style=style, expand=True)


def _facts(verification: Verification, build: Build | None) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column()
    whole = verification.asked
    equal = f"{verification.bit_exact:,} of {whole:,}"
    if verification.tolerance:
        worst = verification.max_difference
        equal += f"; within rounding: {verification.within_tolerance:,}"
        equal += f"; largest difference {worst:.2g}" if worst >= 0 else ""
    table.add_row("byte-exact", Text(equal, style=_STYLES[verification.verdict]))
    table.add_row("inputs", Text(text.plain(text.sent(verification))))
    # Where it is why the verdict is weak, it stands above.
    if verification.verdict is not Verdict.WEAK and (told := text.strength(verification)):
        table.add_row("strength", Text(text.plain(told)))
    if missing := text.unanswered(verification):
        table.add_row("answered", Text(f"{verification.answered:,} of {whole:,}, {missing:,} missing", style="red"))
    _add_scores(table, verification)
    if verification.singly:
        table.add_row("one by one", _singly(verification))
    if traced := layers.told(verification):
        trace = verification.trace
        good = trace is not None and all(each.equal == trace.inputs for each in trace.layers)
        table.add_row("layers", Text(traced, style="" if good else "red"))
    ticks = verification.ticks
    if ticks is not None:
        told = f"{text.ticks(ticks.median, ticks.unit)}, {text.spread(ticks)}"
        if build is not None and (time := text.as_time(ticks.median, ticks, build.clock_hz)):
            told += f" ({time})"
        told += f"; {text.resolution(ticks)}"
        table.add_row("per inference", told)
    if build is not None and build.runtime == Runtime.TFLM:
        table.add_row("arena", text.arena(verification.device, build))
    if build is not None and build.agreement is not None and not build.agreement.agrees:
        table.add_row("TFLM", Text(build.agreement.in_words, style="yellow"))
    table.add_row(
        "link",
        Text(
            f"{verification.inputs_per_second:,.1f} inputs a second, {text.duration(verification.seconds)}\n"
            + text.link_summary(verification),
            style="yellow" if text.troubled(verification) else "",
        ),
    )
    if boards := text.shares(verification):
        table.add_row("boards", Text("\n".join(boards)))
    return table


def _add_scores(table: Table, verification: Verification) -> None:
    """What each set scored, what the conversion cost, and the gates."""
    for each in verification.sets:
        if told := text.scores(each):
            table.add_row(escape(text.plain(each.words.title)), Text(told))
    if told := text.conversion(verification):
        table.add_row("conversion", Text(text.plain(told)))
    for gate in verification.gates:
        table.add_row("gate", Text(text.plain(gate.in_words), style="green" if gate.met else "red"))


def _singly(verification: Verification) -> Text:
    """Each input by its label, and what the device said of it where that is another class."""
    line = Text()
    shown = verification.singly[:MOST_SINGLY]
    for result in shown:
        of = verification.set(result.set)
        label = "?" if result.label is None else text.plain(of.class_name(result.label))
        said = "none" if result.predicted is None else text.plain(of.class_name(result.predicted))
        if said == label:
            line.append(f"{label} ✓  ", style="green" if result.passed else "red")
        else:
            line.append(f"{label}→{said} ✗  ", style="red")
    if rest := len(verification.singly) - len(shown):
        line.append(f"and {rest} more", style="dim")
    return line


def _failures(verification: Verification) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("first that differ", overflow="ellipsis", no_wrap=True, max_width=40, style="red")
    table.add_column("")
    table.add_column("output bytes", overflow="ellipsis", no_wrap=True)
    failed = [result for result in verification.wrong if not result.passed]
    for result in failed[:MOST_FAILED]:
        table.add_row(_name(result), "host", _marked(result.expected, result.got))
        got = Text("no answer", style="bold red") if result.got is None else _marked(result.got, result.expected)
        table.add_row("", "device", got)
    if (rest := len(failed) - MOST_FAILED) > 0:
        table.add_row(f"and {rest:,} more")
    return table


def _name(result: InputResult) -> str:
    return escape(text.plain(f"{result.set} {result.name or format(result.index, ',')}"))


def _marked(mine: str, other: str | None) -> Text:
    line = Text()
    for run in outputs.compare(mine, other):
        line.append(run.hex, style="bold red reverse" if run.differs else "")
        line.append(" ")
    return line


def render(console: Console, verification: Verification, build: Build | None = None) -> None:
    """Print the verdict.

    Args:
        build: for what the verification itself does not know, such as the clock that turns cycles into time.
    """
    console.print(_verdict(verification))
    console.print(_facts(verification, build))
    if any(not result.passed for result in verification.wrong):
        console.print(_failures(verification))
