"""The processor with its memory map: runs a program from flash until it asks for a reset, or is stopped."""

from __future__ import annotations

import enum
import logging
from collections.abc import Callable

from toolkit.emulate.nano33 import peripherals as at
from toolkit.emulate.nano33.counting import Counting
from toolkit.emulate.nano33.flash import PAGE, SIZE, Flash
from toolkit.emulate.nano33.peripherals import Dwt, Errata, Nvmc, Peripheral, Power, SystemControl, Uart, Violation
from toolkit.emulate.nano33.shadow import Shadow
from toolkit.emulate.nano33.usb_host import Stalled
from toolkit.emulate.nano33.usbd import UsbDevice

log = logging.getLogger(__name__)

RAM, RAM_SIZE = 0x20000000, 0x40000


class Ended(enum.Enum):
    """Why the program ended."""

    RESET = "it asked for a reset"
    STOPPED = "it was stopped from outside"
    FAULT = "it did what the chip does not forgive"


class Soc:
    """One run of the program in flash, from reset on.

    Attributes:
        usb: the USB device controller.
        fault: what the program did wrong, after Ended.FAULT.

    Raises:
        ImportError: unicorn is not installed.
    """

    def __init__(
        self,
        flash: Flash,
        power: Power,
        *,
        device_address: int,
        errata_unlocked: bool = False,
        cycles_per_read: int = 0,
        counting: Counting | None = None,
    ) -> None:
        import unicorn
        from unicorn import arm_const

        self._unicorn = unicorn
        self._const = arm_const
        self.fault = ""
        self._reset_asked = False
        # Without UC_MODE_MCLASS: with it Unicorn quietly becomes a Cortex-M33 and forgets the model asked for.
        uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB)
        uc.ctl_set_cpu_model(arm_const.UC_CPU_ARM_CORTEX_M4)
        self._uc = uc
        self._application = flash.application
        uc.mem_map(0, SIZE, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        uc.mem_write(0, bytes(flash.content))
        uc.mem_map(RAM, RAM_SIZE)
        # RAM is not zero after power-up; who relies on it shall notice.
        uc.mem_write(RAM, b"\xa5" * RAM_SIZE)
        uc.mem_map(at.FICR, at.PERIPHERAL_PAGE, unicorn.UC_PROT_READ)
        uc.mem_write(at.FICR, at.factory_information(device_address))
        self._flash = flash
        self._nvmc = Nvmc(self._erase_page)
        uc.hook_add(unicorn.UC_HOOK_MEM_WRITE_PROT, self._write_flash, None, 0, SIZE - 1)
        errata = Errata(unlocked=errata_unlocked)
        self.usb = UsbDevice(self, power, errata)
        self.uart = Uart()
        blocks: dict[int, Peripheral] = {
            at.CLOCK_POWER: power,
            at.UART0: self.uart,
            at.NVMC: self._nvmc,
            at.USBD: self.usb,
            at.ERRATA: errata,
            at.DWT: Dwt(cycles_per_read),
            at.SCS: SystemControl(self._ask_reset),
        }
        for base, block in blocks.items():
            uc.mmio_map(base, at.PERIPHERAL_PAGE, self._reader(block), None, self._writer(block), None)
        if counting is not None:
            counting.attach(uc, Shadow(uc, unicorn, arm_const, range(SIZE), range(RAM, RAM + RAM_SIZE)))

    # ---- Memory, for bus masters --------------------------------------------------------------------------------

    def is_ram(self, address: int, size: int) -> bool:
        """True if all of it is RAM."""
        return address >= RAM and address + size <= RAM + RAM_SIZE

    def read(self, address: int, size: int) -> bytes:
        """Copy from memory."""
        return bytes(self._uc.mem_read(address, size))

    def write(self, address: int, data: bytes) -> None:
        """Copy to memory."""
        self._uc.mem_write(address, data)

    def _erase_page(self, address: int) -> None:
        self._flash.erase_page(address)
        self.write(address, bytes(self._flash.content[address : address + PAGE]))

    def _write_flash(self, _uc: object, _access: int, address: int, size: int, value: int, _data: object) -> bool:
        """A word to flash; whatever else is written there faults, as on the chip."""
        if not self._nvmc.writes or size != 4 or address % 4 or self.fault:
            self._fail(f"a write of {size} bytes to flash at {address:#010x} that NVMC.CONFIG does not allow")
            return False
        self._flash.write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))
        self.write(address, bytes(self._flash.content[address : address + 4]))
        return True

    # ---- running ------------------------------------------------------------------------------------------------

    def start(self) -> Ended:
        """Run from the application's vector table."""
        stack, entry = (int.from_bytes(self.read(self._application + place, 4), "little") for place in (0, 4))
        self._uc.reg_write(self._const.UC_ARM_REG_SP, stack)
        try:
            self._uc.emu_start(entry | 1, 0xFFFFFFFF)
        except self._unicorn.UcError as caught:
            if not self.fault:
                self.fault = f"processor fault at {self._program_counter():#010x}: {caught}"
        if self.fault:
            log.error("%s", self.fault)
            return Ended.FAULT
        return Ended.RESET if self._reset_asked else Ended.STOPPED

    def stop(self) -> None:
        """Make `start` return; may be called from another thread."""
        self._uc.emu_stop()

    def _program_counter(self) -> int:
        return int(self._uc.reg_read(self._const.UC_ARM_REG_PC))

    def _ask_reset(self) -> None:
        self._reset_asked = True
        self._uc.emu_stop()

    def _fail(self, reason: str) -> None:
        # Behind the fault the program is dead: what it still does until it stops is of no interest.
        if not self.fault:
            self.fault = f"{reason} (at {self._program_counter():#010x})"
        self._uc.emu_stop()

    def _reader(self, block: Peripheral) -> Callable[..., int]:
        def read(_uc: object, offset: int, size: int, _data: object) -> int:
            if self.fault:
                return 0
            try:
                word = block.read(offset & ~3)
            except (Violation, Stalled, ValueError, OSError) as caught:
                self._fail(str(caught))
                return 0
            return word if size == 4 else word >> 8 * (offset & 3) & ((1 << 8 * size) - 1)

        return read

    def _writer(self, block: Peripheral) -> Callable[..., None]:
        def write(_uc: object, offset: int, size: int, value: int, _data: object) -> None:
            if self.fault:
                return
            try:
                if size != 4 or offset & 3:
                    raise Violation(f"a write of {size} bytes to a peripheral register")
                block.write(offset, value)
            except (Violation, Stalled, ValueError, OSError) as caught:
                self._fail(str(caught))

        return write
