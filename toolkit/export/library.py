"""What every kind of export has: headers, sources, kernels, licence, page and example."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jinja2

from toolkit import __version__, registry, resources
from toolkit.artifacts.exported import Lowering
from toolkit.errors import UsageError
from toolkit.export import kernels
from toolkit.export.network import Network


@dataclass(frozen=True)
class Library:
    """One or several networks that share their kernels.

    Attributes:
        name: of the library; networks: its own, in order.
        shared_arena: they have one arena: the outputs of one are lost when another runs.
    """

    name: str
    networks: tuple[Network, ...]
    shared_arena: bool = False

    @property
    def upper(self) -> str:
        """The prefix of its macros."""
        return self.name.upper()

    def prefix_of(self, network: Network) -> str:
        """What a MicroPython module puts before a network's names: nothing, where it has no other."""
        return "" if len(self.networks) == 1 else f"{network.name}_"


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources.templates() / "export"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701 - C and make, not HTML
    )


def render(template: str, **values: Any) -> str:
    """One of templates/export; `n` is the first network, of which examples speak, unless another is given."""
    if "library" in values:
        values.setdefault("n", values["library"].networks[0])
    return _environment().get_template(f"{template}.j2").render(version=__version__, zip=zip, **values)


def licence() -> str:
    """Of the kernels and of what is generated: this package's own."""
    return (resources.root() / "LICENSE").read_text(encoding="utf-8")


def text(value: str) -> str:
    """A C string's inside, or a comment's: printable ASCII, nothing that ends either."""
    plain = "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in value)
    return plain.replace("\\", "\\\\").replace('"', '\\"').replace("*/", "* /").replace("??", "?")


def headers(library: Library) -> dict[str, str]:
    """The headers that a program includes."""
    return {f"{each.name}.h": _header(library, each) for each in library.networks}


def sources(library: Library) -> dict[str, str]:
    """All others, for one folder."""
    made: dict[str, str] = {}
    conditions: dict[str, set[tuple[str, bool]]] = {}
    sets = [each.name for each in library.networks[0].compiled.sets]
    for network in library.networks:
        made |= _sources(library, network, sets)
        for lowering in network.compiled.lowerings:
            for kernel in lowering.kernels:
                conditions.setdefault(kernel, set()).update(lowering.cores)
    if library.shared_arena:
        made[f"{library.name}_arena.c"] = render("shared_arena.c", library=library)
    made["aot_target.h"] = _target(library.networks[0], "AOT")
    for name, content in kernels.files((name, kernels.condition(sets, cores)) for name, cores in conditions.items()):
        made[name] = content
    return made


def _target(network: Network, macro: str) -> str:
    return render("target.h", sets=network.compiled.sets, macro=macro)


def _suffixes(network: Network) -> Mapping[Lowering, str]:
    """What each lowering's file is called by: its most general set, and whether it is the one with floating point."""
    lowerings = network.compiled.lowerings
    last = {each: each.cores[-1] for each in lowerings}
    names = {
        each: "portable" if not last[each][0] or last[each][0] == "native" else last[each][0] for each in lowerings
    }
    several = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {each: name + ("_fpu" if name in several and last[each][1] else "") for each, name in names.items()}


def _header(library: Library, network: Network) -> str:
    sets = [each.name for each in network.compiled.sets]
    suffixes = _suffixes(network)
    lowerings = [
        (kernels.condition(sets, each.cores, network.upper), suffixes[each], each)
        for each in network.compiled.lowerings
    ]
    refused = [(sets.index(name), why) for name, why in network.compiled.refused.items()]
    return render(
        "network.h", n=network, library=library, lowerings=lowerings, refused=refused, target=_core(network), text=text
    )


def _core(network: Network) -> str:
    return render("core.h", sets=network.compiled.sets, macro=network.upper)


def _sources(library: Library, network: Network, sets: list[str]) -> dict[str, str]:
    name = network.name
    values = {"n": network, "library": library, "text": text}
    made = {
        f"{name}.c": render("network.c", **values),
        f"{name}_f32.c": render("f32.c", **values),
        f"{name}_selftest.c": render("selftest.c", **values),
        f"{name}_net.h": render("net.h", places=_places(network, sets), **values),
    }
    if not library.shared_arena:
        made[f"{name}_arena.c"] = render("arena.c", **values)
    if network.selftest.layers:
        made[f"{name}_selftest_layer.c"] = render("selftest_layer.c", **values)
    suffixes = _suffixes(network)
    for lowering in network.compiled.lowerings:
        condition = kernels.condition(sets, lowering.cores, network.upper)
        suffix = suffixes[lowering]
        body = render("lowering.c", condition=condition or "1", suffix=suffix, lowering=lowering, **values)
        made[f"{name}_{suffix}.c"] = kernels.renamed(body)
    return made


def _places(network: Network, sets: list[str]) -> list[tuple[str, Lowering]]:
    return [(kernels.condition(sets, each.cores, network.upper) or "1", each) for each in network.compiled.lowerings]


def moves(network: Network) -> bool:
    """Whether its one input may be an accelerometer's: rows of three values, which lie whole."""
    sample = network.inputs[0].spec.sample
    return len(network.inputs) == 1 and len(sample) == 2 and sample[1] == 3 and not network.rows


def pictured(network: Network) -> bool:
    """Whether its one input may be a drawing: a grey picture."""
    sample = network.inputs[0].spec.sample
    return len(network.inputs) == 1 and len(sample) in (2, 3) and min(sample[:2]) >= 8 and sample[2:] in ((), (1,))


def readme(library: Library, kind: str) -> str:
    """The page made for these networks."""
    return render(
        "README.md", library=library, kind=kind, text=text, suffixes={n.name: _suffixes(n) for n in library.networks}
    )


def files(library: Library, kind: str) -> dict[str, bytes]:
    """Path in the export -> content.

    Args:
        kind: the name of a module of toolkit.export.kinds.

    Raises:
        UsageError: there is no such kind.
    """
    module = registry.load(registry.EXPORTS, kind, UsageError)
    return {path: content.encode() for path, content in sorted(module.files(library).items())}
