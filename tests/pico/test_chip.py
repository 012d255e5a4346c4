"""The port on the RP2040 of rp2040js, with the stub engine: what it says, and what it must not do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.firmware.firmware import stub_output
from tests.pico.conftest import ChipTransport, Compile, until
from toolkit.emulate.rp2040js import HERE
from toolkit.emulate.rp2040js.chip import CRASHED, GONE, LOADER, SERIAL, USB, Chip
from toolkit.flash.uf2 import BOOT2_BYTES, crc32_mpeg2
from toolkit.link import Client, Request, TickUnit

pytestmark = pytest.mark.emulator
Chips = Callable[..., Chip]


def test_the_checksum_of_boot2_is_right(plain: bytes) -> None:
    assert crc32_mpeg2(plain[: BOOT2_BYTES - 4]) == int.from_bytes(plain[BOOT2_BYTES - 4 : BOOT2_BYTES], "little")
    assert int.from_bytes(plain[BOOT2_BYTES : BOOT2_BYTES + 4], "little") >> 24 == 0x20  # the vectors follow


def test_it_answers_on_uart_0_and_counts_cycles(compiled: Compile, chips: Chips) -> None:
    counts: list[int] = []
    for turns in (10_103, 20_103):
        chip = chips("uart")
        chip.run(compiled([f"STUB_SPIN={turns}"]))
        client = Client(partial(ChipTransport, chip))
        requests = [
            Request(key, "tensor", bytes((7 * key + n) % 251 for n in range(784))) for key in range(20 if counts else 3)
        ]
        answers = list(client.stream(requests))
        assert {a.key: a.output for a in answers} == {r.key: stub_output(r.data) for r in requests}
        assert client.hello().tick_unit is TickUnit.CYCLES and client.hello().board == "stub"
        assert (client.stats.resent, client.stats.damaged, client.stats.timeouts, client.stats.resets) == (0, 0, 0, 0)
        counts.append(min(answer.ticks for answer in answers))
    # Three cycles a turn: SUBS one, a taken branch two (Cortex-M0+ technical reference manual, 3.3).
    assert counts[1] - counts[0] == pytest.approx(3 * 10_000, abs=30)


def test_it_shows_the_board_files_ids_on_usb(plain: bytes, chips: Chips) -> None:
    chip = chips()
    chip.run(plain)
    kind, message = until(chip, USB, CRASHED)
    assert kind == USB, message
    assert json.loads(message) == {"vid": 0x2E8A, "pid": 0x000A, "product": "Pico", "serial": ""}


def test_a_touch_at_1200_baud_calls_the_roms_loader(plain: bytes, chips: Chips) -> None:
    chip = chips()
    chip.run(plain)
    until(chip, USB)
    chip.set_lines(115_200, True)
    chip.set_lines(115_200, False)
    chip.set_lines(1200, True)
    chip.set_lines(1200, False)
    assert until(chip, LOADER, CRASHED) == (LOADER, b"")


def test_a_wrong_checksum_starts_nothing(plain: bytes, chips: Chips) -> None:
    chip = chips()
    chip.run(plain[:10] + bytes([plain[10] ^ 1]) + plain[11:])
    assert until(chip, LOADER, USB, CRASHED)[0] == LOADER


SPOILT = {
    "AVAILABLE too early": (("  __asm volatile(", "  if (0) __asm volatile("), "12 cycles"),
    "toggle": (("  data1 ^= bit_of(ep, out);\n", ""), "is due"),
    "address": (("if (new_address) USB_ADDR_ENDP", "if (0) USB_ADDR_ENDP"), "did not take its address"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_usb_driver_that_skips_a_step_is_stopped_with_the_reason(name: str, compiled: Compile, chips: Chips) -> None:
    edit, reason = SPOILT[name]
    chip = chips()
    chip.run(compiled(edits={"port/usb_device.c": edit}))
    kind, message = until(chip, CRASHED, USB)
    assert kind == CRASHED and reason in message.decode()


SCRIPT = """
import { Chip } from CHIP;
const library = await import(LIBRARY);
function chipWith(...instructions) {
  const chip = new Chip(library, new Uint8Array(512));
  new Uint16Array(chip.mcu.sram.buffer, 0, instructions.length).set(instructions);
  chip.core.PC = 0x20000000;
  return chip;
}
"""


def _node(library: Path, folder: Path, body: str) -> Any:
    """What a script with rp2040js and our chip.mjs prints, as JSON."""
    script = folder / "script.mjs"
    head = SCRIPT.replace("CHIP", json.dumps((HERE / "chip.mjs").as_uri()))
    script.write_text(head.replace("LIBRARY", json.dumps(library.as_uri())) + body)
    done = subprocess.run(["node", str(script)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FAULTS = {
    "LDR r0, [r0]": (0x6800, 0x2000_0002, "not 32 bit aligned"),
    "LDRH r0, [r0]": (0x8800, 0x2000_0001, "a halfword was read from 0x20000001"),
    "STR r1, [r0]": (0x6001, 0x2000_0002, "not aligned"),
    "STRH r1, [r0]": (0x8001, 0x2000_0001, "not aligned"),
    "LDR r0, [r0], nowhere": (0x6800, 0x3000_0000, "invalid memory address"),
    "STR r1, [r0], nowhere": (0x6001, 0x3000_0000, "undefined address"),
    "STRB r1, [r0], flash": (0x7001, 0x1000_1000, "ROM or flash"),
    "UDF": (0xDE00, 0, "undefined instruction"),
    "BX r0 into the ROM": (0x4700, 0x1001, "a breakpoint or an undefined instruction"),
    "LDREX, which Armv6-M has not": (0xE850, 0, "not implemented"),
}


def test_what_the_chip_does_not_forgive_ends_the_run_with_the_reason(library: Path, tmp_path: Path) -> None:
    """rp2040js raises no faults: it logs, or says nothing, and goes on."""
    body = f"""
const told = {{}};
for (const [name, [opcode, r0]] of Object.entries({json.dumps(FAULTS)})) {{
  const chip = chipWith(opcode, 0x0f00, 0xe7fe);
  chip.core.registers[0] = r0;
  try {{
    chip.run(20, 1e6);
    told[name] = 'nothing';
  }} catch (caught) {{
    told[name] = caught.message;
  }}
}}
console.log(JSON.stringify(told));
"""
    told = _node(library, tmp_path, body)
    assert {name: FAULTS[name][2] for name in FAULTS if FAULTS[name][2] not in told[name]} == {}, told


def test_a_request_for_reset_starts_the_program_anew(compiled: Compile, chips: Chips) -> None:
    """SYSRESETREQ, which rp2040js ignores: the program greets, fails at its first look, and greets again."""
    look = "size_t port_read(uint8_t *data, size_t capacity) {\n"
    chip = chips("uart")
    chip.run(
        compiled(edits={"port/port.c": (look, look + "  static int looks;\n  if (++looks == 1) cortexm_reset();\n")})
    )
    assert until(chip, GONE, CRASHED) == (GONE, b"")
    assert until(chip, SERIAL, CRASHED)[0] == SERIAL


def test_a_byte_between_the_question_and_the_sleep_ends_the_sleep(library: Path, tmp_path: Path) -> None:
    """rp2040js's WFI sleeps although an interrupt is pending: the one silence that was seen on this link."""
    body = """
const chip = chipWith(0xb672, 0xbf00, 0xbf30, 0xb662); // CPSID i, NOP, WFI, CPSIE i
const { core, mcu } = chip;
core.enabledInterrupts = 1 << 20;
core.executeInstruction();
mcu.setInterrupt(20, true); // between the question and the sleep
chip.run(2, 1e6); // NOP, WFI
const slept = chip.run(1, 1e6);
console.log(JSON.stringify([slept, core.PC - 0x20000000, core.IPSR]));
"""
    # It went on behind WFI, and has not taken the interrupt, which PRIMASK forbids.
    assert _node(library, tmp_path, body) == [False, 8, 0]
