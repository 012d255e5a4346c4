// The other end of the Pico's cable: a host that enumerates the device and drives its CDC-ACM function.
//
// It does what Linux does (hub.c, cdc-acm.c), in that order, and looks closer than rp2040js's own: at the toggles of the
// packets, at what stands in a control word before its AVAILABLE (datasheet 4.1.2.5.1), at every descriptor. An endpoint
// that has nothing to give or take waits, as on a bus.
import { Fault } from './chip.mjs';

const PACKET = 64;
const AVAILABLE = 1 << 10;
const STALL = 1 << 11;
const DATA1 = 1 << 13;
const SETTLE_CYCLES = 12;
const EP0_IN_CONTROL = 0x80;
const EP15_OUT_CONTROL = 0xfc;
const REST_NANOS = 50e3; // between two requests

function setupPacket(kind, request, value, index, length) {
  return new Uint8Array([kind, request, value & 255, value >> 8, index & 255, index >> 8, length & 255, length >> 8]);
}

// The CDC-ACM function as cdc-acm.c finds it: by the union descriptor and the data interface's endpoints.
function serialFunction(configuration) {
  const found = { control: -1, data: -1, epIn: -1, epOut: -1 };
  let at = -1;
  for (let place = 0; place < configuration.length; place += configuration[place]) {
    const part = configuration.subarray(place, place + configuration[place]);
    if (part.length < 2 || part.length !== configuration[place]) throw new Fault('descriptors do not fit their length');
    if (part[1] === 4) at = part[2];
    else if (part[1] === 0x24 && part[2] === 6) [found.control, found.data] = [part[3], part[4]];
    else if (part[1] === 5 && at === found.data) {
      if ((part[3] & 3) !== 2 || (part[4] | (part[5] << 8)) !== PACKET) throw new Fault('a data endpoint is not bulk of 64');
      if (part[2] & 0x80) found.epIn = part[2] & 15;
      else found.epOut = part[2];
    }
  }
  if (found.control < 0 || found.epIn < 0 || found.epOut < 0) throw new Fault('there is no CDC-ACM function');
  return found;
}

export class UsbHost {
  // heard: called with each packet of the serial port; ready: with what the device says of itself; failed: with what it
  // did wrong while it was asked.
  constructor(chip, heard, ready, failed) {
    this.chip = chip;
    this.heard = heard;
    this.usb = chip.mcu.usbCtrl;
    this.outbox = [];
    this.outboxBytes = 0;
    this.function = null;
    this.request = null; // the control transfer in progress
    this.armed = null; // bytes that the OUT endpoint takes, once it waits for some
    this.resting = chip.clock.createAlarm(() => this.restDone?.());
    this.watchControlWords();
    this.usb.onUSBEnabled = () => this.usb.resetDevice();
    this.usb.onResetReceived = () => {
      this.toggles = new Map();
      this.enumerate().then(ready, failed);
    };
    this.usb.onEndpointWrite = (endpoint, packet) => this.taken(endpoint, packet);
    this.usb.onEndpointRead = (endpoint, size) => this.offered(endpoint, size);
  }

  // --- what the firmware writes into the words that hand buffers over

  watchControlWords() {
    const { usb, chip } = this;
    const settled = new Map(); // offset -> the word without AVAILABLE, and when it was written
    const updated = usb.DPRAMUpdated;
    usb.DPRAMUpdated = (offset, value) => {
      if (offset >= EP0_IN_CONTROL && offset <= EP15_OUT_CONTROL) {
        if (value & AVAILABLE) {
          const before = settled.get(offset);
          const at = `the buffer control at 0x${offset.toString(16)}`;
          if (!before || before.value !== (value & ~AVAILABLE)) throw new Fault(`${at} was not complete before AVAILABLE`);
          if (chip.core.cycles - before.cycles < SETTLE_CYCLES) throw new Fault(`${at} had no ${SETTLE_CYCLES} cycles`);
          this.checkToggle(offset, value);
        } else {
          settled.set(offset, { value, cycles: chip.core.cycles });
        }
        if (value & STALL && (offset - EP0_IN_CONTROL) >> 3 === 0) this.stalled();
      }
      updated.call(usb, offset, value);
    };
  }

  checkToggle(offset, value) {
    const given = value & DATA1 ? 1 : 0;
    const wanted = this.toggles?.get(offset) ?? 0;
    if (given !== wanted) throw new Fault(`DATA${given} at 0x${offset.toString(16)}, where DATA${wanted} is due`);
    this.toggles?.set(offset, wanted ^ 1);
  }

  // --- control transfers

  stalled() {
    const { request } = this;
    this.request = null;
    request?.reject(new Error('stalled'));
  }

  // A request with its data, or the answer to it. Throws 'stalled' if the device refuses it.
  async control(kind, request, value, index, length, data = null) {
    await new Promise((done) => {
      this.restDone = done;
      this.resting.schedule(REST_NANOS);
    });
    return await new Promise((resolve, reject) => {
      // The data stage begins with DATA1, and the status stage is DATA1 (USB 2.0, 8.5.3).
      this.toggles.set(EP0_IN_CONTROL, 1);
      this.toggles.set(EP0_IN_CONTROL + 4, 1);
      this.request = { resolve, reject, length, data, reads: kind & 0x80 && length, answer: [], status: false };
      this.usb.sendSetupPacket(setupPacket(kind, request, value, index, length));
    });
  }

  acknowledge() {
    this.usb.endpointReadDone(0, new Uint8Array(0));
    this.end();
  }

  end() {
    const { request } = this;
    this.request = null;
    request.resolve(new Uint8Array(request.answer));
  }

  taken(endpoint, packet) {
    if (endpoint === 0 && this.request) {
      const { request } = this;
      if (!request.reads || request.status) {
        if (packet.length) throw new Fault('the status stage of a request has data');
        this.end();
        return;
      }
      request.answer.push(...packet);
      request.status = packet.length < PACKET || request.answer.length >= request.length;
      if (request.status && request.armed) this.acknowledge();
    } else if (this.function && endpoint === this.function.epIn) {
      this.heard(packet);
    }
  }

  offered(endpoint, size) {
    if (endpoint === 0) {
      const { request } = this;
      if (!request) return;
      if (!request.reads) {
        this.usb.endpointReadDone(0, request.data.subarray(0, size));
      } else if (request.status) {
        this.acknowledge();
      } else {
        request.armed = true; // rp2040js tells the firmware that a packet has gone before it tells us
      }
    } else if (this.function && endpoint === this.function.epOut) {
      this.armed = size;
      this.feed();
    }
  }

  // --- enumeration and the serial port

  async enumerate() {
    const head = await this.control(0x80, 6, 0x0100, 0, 64);
    if (head[7] !== PACKET) throw new Fault('the device descriptor does not begin as it should');
    await this.control(0x00, 5, 7, 0, 0);
    const device = await this.control(0x80, 6, 0x0100, 0, 18);
    if (device.length !== 18 || device[0] !== 18 || device[1] !== 1) throw new Fault('the device descriptor is broken');
    if ((this.usb.readUint32(0) & 127) !== 7) throw new Fault('the device did not take its address');
    await this.control(0x80, 6, 0x0600, 0, 10).catch(() => null); // device qualifier: none at full speed
    const short = await this.control(0x80, 6, 0x0200, 0, 9);
    const total = short[2] | (short[3] << 8);
    const configuration = await this.control(0x80, 6, 0x0200, 0, total);
    if (configuration.length !== total) throw new Fault(`the configuration has ${configuration.length} bytes, not ${total}`);
    const found = serialFunction(configuration);
    await this.control(0x80, 6, 0x0300, 0, 255);
    const texts = [];
    for (const index of device.subarray(14, 17)) {
      const text = index ? await this.control(0x80, 6, 0x0300 | index, 0x0409, 255) : [2, 3];
      texts.push(new TextDecoder('utf-16le').decode(new Uint8Array(text).subarray(2, text[0])));
    }
    for (const endpoint of [found.epIn, found.epOut]) {
      this.toggles.set(EP0_IN_CONTROL + 8 * endpoint, 0);
      this.toggles.set(EP0_IN_CONTROL + 8 * endpoint + 4, 0);
    }
    this.function = found;
    await this.control(0x00, 9, configuration[5], 0, 0);
    await this.setBaud(9600);
    const coding = await this.control(0xa1, 0x21, 0, found.control, 7);
    if (new DataView(coding.buffer).getUint32(0, true) !== 9600) throw new Fault('GET_LINE_CODING is not what was set');
    return { vid: device[8] | (device[9] << 8), pid: device[10] | (device[11] << 8), product: texts[1], serial: texts[2] };
  }

  async setBaud(baud) {
    const data = new Uint8Array([0, 0, 0, 0, 0, 0, 8]);
    new DataView(data.buffer).setUint32(0, baud, true);
    await this.control(0x21, 0x20, 0, this.function.control, data.length, data);
  }

  async setLines(dtr) {
    await this.control(0x21, 0x22, dtr ? 3 : 0, this.function.control, 0);
  }

  write(bytes) {
    this.outbox.push(bytes);
    this.feed();
  }

  feed() {
    if (this.armed === null || !this.outbox.length) return;
    const first = this.outbox[0];
    const packet = first.subarray(0, Math.min(this.armed, PACKET));
    if (packet.length < first.length) this.outbox[0] = first.subarray(packet.length);
    else this.outbox.shift();
    this.armed = null;
    this.usb.endpointReadDone(this.function.epOut, packet);
  }
}
