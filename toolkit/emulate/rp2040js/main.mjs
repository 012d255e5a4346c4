// The process that toolkit/emulate/rp2040js starts: one RP2040, its flash and its serial port behind stdin and stdout.
//
//   node main.mjs INDEX usb|uart        INDEX: rp2040js's index.js
//
// Both ways a message is its kind (one letter), its length (4 bytes, little-endian) and so many bytes:
//
//   to here     F flash, from its start   R reset   S bytes for the serial port   C baud (4 bytes), DTR (1 byte)   H halt
//   from here   S bytes from the serial port   U the device on USB, as JSON   G it has gone   B the ROM's USB loader runs
//               X what the program did that the chip does not forgive
import { pathToFileURL } from 'node:url';
import { Chip, Fault, Reset, UsbBoot } from './chip.mjs';
import { UsbHost } from './usb_host.mjs';

const library = await import(pathToFileURL(process.argv[2]).href);
const byUart = process.argv[3] === 'uart';

const TURN = 20000; // instructions between two looks at stdin
const UART_TURN = 200;
const PATIENCE = 20e6; // ns of sleep that are skipped; longer ones wait for stdin

let flash = new Uint8Array(0);
let chip = null;
let host = null;
let uartInbox = [];
let uartOutbox = [];
let scheduled = false;

function send(kind, bytes = new Uint8Array(0)) {
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32LE(bytes.length, 1);
  process.stdout.write(Buffer.concat([head, bytes]));
}

function halt(kind, text = '') {
  chip = host = null;
  send(kind, Buffer.from(text));
}

function start() {
  chip = new Chip(library, flash);
  host = null;
  uartInbox = [];
  if (!chip.boot()) {
    halt('B');
    return;
  }
  if (byUart) {
    chip.mcu.uart[0].onByte = (byte) => uartOutbox.push(byte);
  } else {
    host = new UsbHost(
      chip,
      (packet) => send('S', packet),
      (device) => send('U', Buffer.from(JSON.stringify(device))),
      stumble,
    );
  }
  schedule();
}

function runUart() {
  const uart = chip.mcu.uart[0];
  let sleeps = false;
  for (let turn = 0; turn < TURN / UART_TURN && !sleeps; ++turn) {
    while (uartInbox.length && !uart.rxFIFO.full) uart.feedByte(uartInbox.shift());
    sleeps = chip.run(UART_TURN, PATIENCE) && !uartInbox.length;
  }
  if (uartOutbox.length) send('S', Buffer.from(uartOutbox));
  uartOutbox = [];
  return sleeps;
}

function turn() {
  scheduled = false;
  if (!chip) return;
  try {
    const sleeps = byUart ? runUart() : chip.run(TURN, PATIENCE);
    if (!sleeps) schedule();
    else setTimeout(() => chip?.hasToRun(PATIENCE) && schedule(), 0); // what the promises of this turn led to
  } catch (caught) {
    stumble(caught);
  }
}

function stumble(caught) {
  if (caught instanceof UsbBoot) halt('B');
  else if (caught instanceof Reset) {
    send('G');
    start();
  } else if (caught instanceof Fault) halt('X', caught.message);
  else halt('X', `the emulator stumbled: ${caught.stack}`);
}

function schedule() {
  if (scheduled) return;
  scheduled = true;
  setImmediate(turn);
}

let requests = Promise.resolve(); // of programs that open and close the port, one after the other

function setLines(payload) {
  const [mine, baud, dtr] = [host, payload.readUInt32LE(0), payload[4] !== 0];
  requests = requests
    .then(async () => {
      if (!mine || mine !== host) return;
      await mine.setBaud(baud);
      await mine.setLines(dtr);
    })
    .catch(() => null);
}

function obey(kind, payload) {
  if (kind === 'F') flash = new Uint8Array(payload);
  else if (kind === 'R') start();
  else if (kind === 'H') chip = host = null;
  else if (kind === 'S' && byUart) uartInbox.push(...payload);
  else if (kind === 'S') host?.write(new Uint8Array(payload));
  else if (kind === 'C') setLines(payload);
  if (chip) schedule();
}

let received = Buffer.alloc(0);
process.stdin.on('data', (bytes) => {
  received = received.length ? Buffer.concat([received, bytes]) : bytes;
  while (received.length >= 5) {
    const size = received.readUInt32LE(1);
    if (received.length < 5 + size) break;
    const [kind, payload] = [String.fromCharCode(received[0]), received.subarray(5, 5 + size)];
    received = received.subarray(5 + size);
    obey(kind, payload);
  }
});
process.stdin.on('end', () => process.exit(0));
