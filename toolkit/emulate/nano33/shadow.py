"""A second processor, on which a run of instructions is tried out to see what it loads.

Unicorn 2.1 computes wrongly while a hook looks at memory: a load inside an IT block leaves the block's condition
behind, and what follows is skipped. On the board's own processor there is so never such a hook; here one run of
instructions is all that follows.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

_REGISTERS = (
    *(f"R{number}" for number in range(13)),
    *("SP", "LR", "XPSR", "FPSCR"),
    *(f"D{number}" for number in range(16)),
)


class Shadow:
    """Tries out what a processor is about to do.

    Args:
        uc: the processor.
        unicorn, const: the packages unicorn and unicorn.arm_const.
        flash, ram: their addresses; all other memory is left out.
    """

    def __init__(self, uc: Any, unicorn: ModuleType, const: ModuleType, flash: range, ram: range) -> None:
        self.unicorn = unicorn
        self._uc = uc
        self._const = const
        self._ram = ram
        self._reads = self._runs = 0
        own = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        own.ctl_set_cpu_model(const.UC_CPU_ARM_CORTEX_M4)
        for memory in (flash, ram):
            own.mem_map(memory.start, len(memory))
        own.mem_write(flash.start, bytes(uc.mem_read(flash.start, len(flash))))
        own.hook_add(unicorn.UC_HOOK_MEM_READ, self._read, begin=flash.start, end=flash.stop - 1)
        own.hook_add(unicorn.UC_HOOK_BLOCK, self._run)
        self._own = own

    def register(self, name: str) -> int:
        """The value of one of the processor's registers, "LR"."""
        return int(self._uc.reg_read(getattr(self._const, f"UC_ARM_REG_{name}")))

    def flash_reads(self, address: int, size: int) -> int:
        """How often the run of instructions that the processor is about to begin would read flash."""
        numbers = [getattr(self._const, f"UC_ARM_REG_{name}") for name in _REGISTERS]
        for number in numbers:
            self._own.reg_write(number, self._uc.reg_read(number))
        self._own.mem_write(self._ram.start, bytes(self._uc.mem_read(self._ram.start, len(self._ram))))
        self._reads = self._runs = 0
        self._own.emu_start(address | 1, address + size)
        return self._reads

    def _run(self, *_: object) -> None:
        self._runs += 1
        if self._runs > 1:  # a jump has led elsewhere
            self._own.emu_stop()

    def _read(self, *_: object) -> None:
        if self._runs == 1:
            self._reads += 1
