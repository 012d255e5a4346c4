"""Thumb instructions as binutils' `objdump -d` prints them: enough of each to weigh it (cycles.py)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

_LINE = re.compile(r"^\s*(?P<address>[0-9a-f]+):\t(?P<code>[0-9a-f ]+?)\s*\t(?P<name>[a-z]\S*)(?:\t(?P<rest>[^@;]*))?")
_LABEL = re.compile(r"^(?P<address>[0-9a-f]+) <(?P<name>[^>]+)>:$")
_REGISTER = re.compile(r"\b(?:r\d+|s\d+|d\d+|sl|fp|ip|sp|lr|pc)\b")
_CONDITION = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_SPAN = re.compile(r"([sd])(\d+)-\1(\d+)")

_LOAD = re.compile(rf"ldr(?:b|h|sb|sh|t|bt|ht|sbt|sht|ex|exb|exh)?{_CONDITION}?$")
_STORE = re.compile(rf"str(?:b|h|t|bt|ht|ex|exb|exh)?{_CONDITION}?$")
_MULTIPLE = re.compile(rf"(?:v?ldm|v?stm)(?:ia|db|fd|ea)?{_CONDITION}?$|(?:v?push|v?pop){_CONDITION}?$")
_DOUBLE = re.compile(rf"(?:ldrd|strd){_CONDITION}?$")
_BRANCH = re.compile(rf"(?:b|bl|bx|blx){_CONDITION}?$|cbn?z$|tb[bh]$")
_NOTHING_WRITTEN = re.compile(rf"(?:cmp|cmn|tst|teq|nop|it[te]*|pld|dsb|dmb|isb|cps\w*|msr|v?cmpe?){_CONDITION}?$")
_LONG = re.compile(rf"(?:[su]mull|[su]mlal\w*|umaal|smlsld\w*){_CONDITION}?$")


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        address: in flash.
        size: 2 or 4 bytes.
        name: mnemonic with its condition, without ".n", ".w", ".f32": "ldreq".
        operands: as printed, without comments.
    """

    address: int
    size: int
    name: str
    operands: str = ""

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """Operands, split at the commas that stand in no bracket."""
        return tuple(part.strip() for part in re.split(r",(?![^\[{]*[\]}])", self.operands) if part.strip())

    @cached_property
    def loads(self) -> bool:
        """A load of one core register."""
        return bool(_LOAD.match(self.name))

    @cached_property
    def stores(self) -> bool:
        """A store of one core register."""
        return bool(_STORE.match(self.name))

    @cached_property
    def moves_many(self) -> bool:
        """LDM, STM, PUSH, POP and those of the floating-point registers."""
        return bool(_MULTIPLE.match(self.name))

    @cached_property
    def moves_two(self) -> bool:
        """LDRD, STRD."""
        return bool(_DOUBLE.match(self.name))

    @cached_property
    def is_float(self) -> bool:
        """An instruction of the floating-point unit."""
        return self.name.startswith("v")

    @cached_property
    def computes(self) -> bool:
        """Data processing in the core's own registers."""
        memory = self.loads or self.stores or self.moves_many or self.moves_two
        return not (memory or self.is_float or _BRANCH.match(self.name))

    @cached_property
    def address_registers(self) -> frozenset[str]:
        """Registers that the address of a load or store of one or two registers is made of."""
        inside = "".join(part for part in self.parts if part.startswith("["))
        return frozenset(_REGISTER.findall(inside))

    @cached_property
    def written(self) -> frozenset[str]:
        """Registers that get the result; those of a list are left out, and a base that is written back."""
        if self.stores or _NOTHING_WRITTEN.match(self.name) or not self.parts:
            return frozenset()
        count = 2 if self.moves_two or _LONG.match(self.name) else 1
        return frozenset(part for part in self.parts[:count] if _REGISTER.fullmatch(part))

    @cached_property
    def listed(self) -> int:
        """Words in the register list: a double register is two."""
        text = self.operands.partition("{")[2].partition("}")[0]
        words = 0
        for kind, first, last in _SPAN.findall(text):
            words += (int(last) - int(first) + 1) * (2 if kind == "d" else 1)
        singles = _REGISTER.findall(_SPAN.sub("", text))
        return words + sum(2 if name.startswith("d") else 1 for name in singles)

    @cached_property
    def to_pc(self) -> bool:
        """Whether its result is where the program goes on."""
        return "pc" in self.written or (self.moves_many and "pc" in self.operands and not self.name.startswith("push"))

    def is_one(self, names: str) -> bool:
        """Whether it is one of these, with or without a condition.

        Args:
            names: a regular expression.
        """
        return re.fullmatch(f"(?:{names}){_CONDITION}?", self.name) is not None


def listing(text: str) -> tuple[Mapping[int, Instruction], Mapping[str, int]]:
    """Instructions by address, and where each function starts.

    Args:
        text: of `objdump -d`; data among the code (.word) is left out.
    """
    instructions: dict[int, Instruction] = {}
    labels: dict[str, int] = {}
    for line in text.splitlines():
        if found := _LINE.match(line):
            address, size = int(found["address"], 16), len(found["code"].replace(" ", "")) // 2
            name = found["name"].split(".")[0]
            instructions[address] = Instruction(address, size, name, (found["rest"] or "").strip())
        elif found := _LABEL.match(line):
            labels.setdefault(found["name"], int(found["address"], 16))
    return instructions, labels
