"""A profile in words and pictures: the same figures for the terminal, the page and the picture alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from toolkit import __version__
from toolkit.artifacts import LayerProfile, Profile, write_atomically
from toolkit.report import html, text
from toolkit.report.view import Figure

ORDERS = ("ticks", "order", "macs", "flash", "ram")
"""What layers can be sorted by: the largest first, or in the order in which they are computed."""

_KEYS: dict[str, Callable[[LayerProfile], int]] = {
    "ticks": lambda layer: layer.ticks,
    "macs": lambda layer: layer.macs,
    "flash": lambda layer: layer.flash_bytes or 0,
    "ram": lambda layer: layer.ram_bytes,
}

_REAL_CLOCK_HZ = 1_000_000
"""The clock of a board file that has none to tell: this computer's."""


def ordered(profile: Profile, by: str) -> tuple[LayerProfile, ...]:
    """The layers, sorted by one of ORDERS; those that are alike stay in the order in which they are computed."""
    if by == "order":
        return profile.layers
    return tuple(sorted(profile.layers, key=_KEYS[by], reverse=True))


@dataclass(frozen=True)
class Row:
    """One layer, as it is shown; `more` is its time or its cycles, `width` its share in percent of the largest."""

    name: str
    operators: str
    tensor: str
    ticks: str
    more: str
    share: str
    width: float
    macs: str
    per_mac: str
    flash: str
    ram: str
    live: str


def rows(profile: Profile, by: str) -> tuple[Row, ...]:
    """Every layer in words, in this order."""
    largest = max((layer.ticks for layer in profile.layers), default=0)
    together = profile.of_layers
    return tuple(
        Row(
            name=layer.name,
            operators=" + ".join(layer.operators),
            tensor=layer.tensor.split(";")[0],
            ticks=f"{layer.ticks:,}",
            more=_more(layer.ticks, profile),
            share=text.share(layer.ticks, together, 1),
            width=round(100 * layer.ticks / largest, 2) if largest else 0.0,
            macs=f"{layer.macs:,}" if layer.macs else "",
            per_mac="" if layer.per_mac is None else _small(layer.per_mac),
            flash="" if layer.flash_bytes is None else f"{layer.flash_bytes:,}",
            ram=f"{layer.ram_bytes:,}",
            live="" if layer.live_bytes is None else f"{layer.live_bytes:,}",
        )
        for layer in ordered(profile, by)
    )


def _small(value: float) -> str:
    """1.36, 0.29, 0.0021."""
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.2g}"


def more(profile: Profile) -> str:
    """What `Row.more` is: "µs" beside cycles, "cycles" beside microseconds; empty where it is not known."""
    if profile.unit == "cycles" and profile.clock_hz:
        return "µs"
    return "cycles" if profile.unit == "microseconds" and profile.clock_hz > _REAL_CLOCK_HZ else ""


def _more(ticks: int, profile: Profile) -> str:
    match more(profile):
        case "µs":
            return f"{1e6 * ticks / profile.clock_hz:,.1f}"
        case "cycles":
            return f"{round(ticks * profile.clock_hz / 1e6):,}"
        case _:
            return ""


def headline(profile: Profile) -> str:
    """ "About 53,763 cycles an inference: an estimate", "39,713 instructions an inference"."""
    told = f"{text.ticks(profile.total, profile.unit)} an inference"
    return f"About {told}: an estimate" if profile.estimate else told


def remarks(profile: Profile) -> tuple[str, ...]:
    """What there is to know of the figures, a sentence or two each."""
    told = [_origin(profile)]
    if profile.flash_reads and profile.flash_waits:
        reads, waits = profile.flash_reads, profile.flash_waits
        told.append(
            f"Not in it: waits for flash. {reads:,} times a constant is read there, past the cache; each read may "
            f"wait up to {waits // reads} cycles, all of them {waits:,} at most, "
            f"{text.share(waits, max(1, profile.total), 0)} more."
        )
    apart = profile.of_layers - profile.total
    if apart and profile.total:
        than = "more" if apart > 0 else "less"
        told.append(
            f"The layers, stopped after each, add up to {text.ticks(profile.of_layers, profile.unit)}: "
            f"{text.share(abs(apart), profile.total)} {than} than in one go."
        )
    if profile.inputs > 1:
        spread = (
            "all took the same"
            if profile.fastest == profile.slowest
            else f"they took {profile.fastest:,} to {profile.slowest:,}"
        )
        told.append(f"Shown is input {profile.input}, the median of {profile.inputs:,}; {spread}.")
    told += [
        f"{kernel.name}, {text.many(kernel.code_bytes, 'byte')} of code, is shared by {_listed(kernel.layers)}."
        for kernel in profile.kernels
        if kernel.layers
    ]
    return tuple(told)


def _origin(profile: Profile) -> str:
    if not profile.estimate:
        return text.UNIT_NOTES.get(profile.unit, profile.unit)
    return (
        f"Nothing was measured: {profile.board_name or profile.board} has no clock here. An inference's "
        f"{profile.instructions:,} instructions were counted one by one, and weighed by {profile.weighed_by}; what "
        f"these leave open makes it {profile.least:,} to {profile.most:,}."
    )


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def figures(profile: Profile) -> tuple[Figure, ...]:
    """The key figures of the page."""
    about = "estimate" if profile.estimate else ""
    found = [Figure("inference", f"{profile.total:,}", profile.unit, about)]
    if profile.unit != "instructions" and (time := _time(profile.total, profile)):
        value, unit = time
        at = f"at {profile.clock_hz / 1e6:g} MHz" if profile.unit == "cycles" else ""
        found.append(Figure("time", value, unit, ", ".join(filter(None, (about, at)))))
    macs = sum(layer.macs for layer in profile.layers)
    if macs:
        note = f"{_small(profile.total / macs)} {profile.unit} each"
        found.append(Figure("multiply-accumulates", f"{macs:,}", "an inference", note))
    flash = [layer.flash_bytes for layer in profile.layers if layer.flash_bytes is not None]
    if flash:
        shared = sum(kernel.code_bytes for kernel in profile.kernels)
        note = f"and {shared:,} of kernels that are shared" if shared else "code and constants"
        found.append(Figure("flash of the layers", f"{sum(flash):,}", "bytes", note))
    live = [layer.live_bytes for layer in profile.layers if layer.live_bytes is not None]
    if live:
        at_most = max(range(len(live)), key=live.__getitem__)
        found.append(Figure("RAM in use", f"{live[at_most]:,}", "bytes at most", f"in {profile.layers[at_most].name}"))
    return tuple(found)


def _time(ticks: int, profile: Profile) -> tuple[str, str] | None:
    if profile.unit == "cycles" and not profile.clock_hz:
        return None
    micro = 1e6 * ticks / profile.clock_hz if profile.unit == "cycles" else float(ticks)
    return (f"{micro / 1e3:,.3g}", "ms") if micro >= 1e3 else (f"{micro:,.3g}", "µs")


@dataclass(frozen=True)
class View:
    """The page and the picture: words, and the layers in the order in which they are computed."""

    title: str
    when: str
    estimate: bool
    unit: str
    more: str
    headline: str
    remarks: tuple[str, ...]
    figures: tuple[Figure, ...]
    rows: tuple[Row, ...]
    build_id: str


def view(profile: Profile) -> View:
    """Everything that the templates print."""
    where = profile.board_name or profile.board
    return View(
        title=f"{profile.model} {profile.dtype} on {where}, {profile.runtime}",
        when=profile.date.replace("T", " ").replace("+00:00", " UTC"),
        estimate=profile.estimate,
        unit=profile.unit,
        more=more(profile),
        headline=headline(profile),
        remarks=remarks(profile),
        figures=figures(profile),
        rows=rows(profile, "order"),
        build_id=profile.build_id,
    )


def render(profile: Profile, name: str) -> str:
    """The page (`profile.html`) or the picture (`profile.svg`).

    Args:
        name: which of the two.
    """
    page = html.environment().get_template(f"{name}.j2")
    return page.render(view=view(profile), version=__version__)


def write(path: Path, profile: Profile) -> None:
    """Write page and picture beside `path`, under its name with `.html` and `.svg`.

    Raises:
        TinymlError: the file system refused.
    """
    for suffix in (".html", ".svg"):
        write_atomically(
            path.with_suffix(suffix), render(profile, f"profile{suffix}").encode(errors="backslashreplace")
        )
