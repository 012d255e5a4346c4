"""The client against a device that does what the real one never would."""

from __future__ import annotations

import dataclasses
import itertools
import time

import pytest

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice, output_of
from tests.link.handler import HandlerTransport
from toolkit.errors import LinkError, StaleFirmwareError
from toolkit.link import Bounds, Client, Request, Transport, TransportClosedError, framing, messages
from toolkit.link.messages import ElementCode, End, Message, MessageType, Reason

QUICK = Bounds(contact=0.3, ask=0.05, silence_min=0.02, silence_first=0.05, answer=0.3, stall=0.6, reopen=0.2)
REQUESTS = [Request(100 + n, "tensor", bytes(range(n, n + 16))) for n in range(12)]


def client_of(device: PythonDevice, bounds: Bounds = QUICK) -> Client:
    """A client of a Python device."""
    transport = PatientHandlerTransport(device)
    return Client(lambda: transport, bounds)


class PatientHandlerTransport(HandlerTransport):
    """Waits as a real port does when there is nothing to read."""

    def read(self, timeout: float) -> bytes:
        """See Transport."""
        data = super().read(timeout)
        if not data:
            time.sleep(min(timeout, 0.005))
        return data


def run(client: Client, requests: list[Request] = REQUESTS) -> dict[int, bytes]:
    """Key -> output."""
    return {answer.key: answer.output for answer in client.stream(requests)}


EXPECTED = {request.key: output_of(request.data) for request in REQUESTS}


def test_all_in_order_without_trouble() -> None:
    device = PythonDevice()
    client = client_of(device)
    answers = list(client.stream(REQUESTS))
    assert [(a.key, a.output, a.ticks) for a in answers] == [(k, o, 5) for k, o in EXPECTED.items()]
    seqs = [message.seq for message in device.requests]
    assert all((b - a) % messages.SEQ_COUNT == 1 for a, b in itertools.pairwise(seqs))


def test_hello() -> None:
    assert client_of(PythonDevice()).hello() == HELLO


def test_nothing_to_ask_opens_nothing() -> None:
    def never() -> Transport:
        raise AssertionError

    assert list(Client(never).stream([])) == []


def test_never_more_on_the_way_than_the_device_holds() -> None:
    """Frames of 27 bytes: as many as fit, and one where not even one does."""
    for rx_buffer, frames in ((100, 3), (0, 1), (53, 1), (54, 2)):
        content = dataclasses.replace(HELLO, rx_buffer=rx_buffer)
        device = PythonDevice(hello=lambda message, content=content: fake.hello(message.seq, content))  # type: ignore[misc]
        assert run(client_of(device)) == EXPECTED
        assert device.longest == 27 * frames


def test_lost_answers_are_asked_for_again() -> None:
    """Every third answer gets lost; a later one tells, or the silence at the end."""
    count = itertools.count(1)
    device = PythonDevice(answer=lambda _, plain: b"" if next(count) % 3 == 0 else plain)
    client = client_of(device)
    assert run(client) == EXPECTED
    assert client.stats.resent == len(device.requests) - len(REQUESTS) > 0


def test_refused_frames_are_sent_again_at_once() -> None:
    count = itertools.count(1)
    refusal = fake.refused(messages.SEQ_UNKNOWN, Reason.DAMAGED)
    device = PythonDevice(answer=lambda _, plain: refusal if next(count) % 2 else plain)
    client = client_of(device)
    assert run(client) == EXPECTED
    assert client.stats.timeouts == 0
    assert client.stats.damaged == client.stats.resent == len(device.requests) - len(REQUESTS)


def test_late_answers_count_once() -> None:
    """A device that answers everything twice, the second time a frame late."""
    before = [b""]

    def again(_: Message, plain: bytes) -> bytes:
        late, before[0] = before[0], plain
        return plain + late

    client = client_of(PythonDevice(answer=again))
    answers = list(client.stream(REQUESTS))
    assert sorted(answer.key for answer in answers) == sorted(EXPECTED)
    assert client.stats.resent == 0


def test_answers_to_another_run_are_dropped() -> None:
    stale = b"".join(fake.result(seq, b"\xee" * 4) for seq in range(0, 0xFFFF, 7))
    device = PythonDevice(hello=lambda message: stale + fake.hello(message.seq))
    assert run(client_of(device)) == EXPECTED


def test_answers_to_an_earlier_stream_of_the_same_client_are_dropped() -> None:
    """A device that repeats in the second stream what it answered in the first."""
    first: list[bytes] = []

    def answer(_: Message, plain: bytes) -> bytes:
        if len(first) < 3:
            first.append(plain)
            return plain
        return b"".join(first) + plain

    client = client_of(PythonDevice(answer=answer))
    run(client, REQUESTS[:3])
    assert run(client, REQUESTS[3:]) == {request.key: EXPECTED[request.key] for request in REQUESTS[3:]}


def test_results_of_a_wrong_size_are_not_believed() -> None:
    count = itertools.count(1)
    device = PythonDevice(answer=lambda m, plain: fake.result(m.seq, b"12345") if next(count) == 2 else plain)
    client = client_of(device)
    assert run(client) == EXPECTED
    assert client.stats.damaged == 1


def test_unknown_messages_are_passed_over() -> None:
    other = framing.encode(b"\x99\x00\x00hello") + framing.encode(b"\x82") + framing.encode(b"\x82\x00\x00\x01")
    device = PythonDevice(answer=lambda _, plain: other + plain)
    client = client_of(device)
    assert run(client) == EXPECTED
    assert client.stats.resent == 0


def test_engine_that_fails_once_is_tried_again() -> None:
    failed: list[int] = []

    def fail_once(message: Message, plain: bytes) -> bytes:
        if len(failed) == 0:
            failed.append(message.seq)
            return fake.refused(message.seq, Reason.ENGINE_FAILED)
        return plain

    client = client_of(PythonDevice(answer=fail_once))
    assert run(client) == EXPECTED
    assert client.stats.resent == 1


def test_engine_that_always_fails_is_named() -> None:
    device = PythonDevice(
        answer=lambda m, plain: fake.refused(m.seq, Reason.ENGINE_FAILED) if m.payload[2:3] == b"\x07" else plain
    )
    with pytest.raises(LinkError, match=r"does not compute request 107: it answers REFUSED \(engine failed\)"):
        run(client_of(device))


@pytest.mark.parametrize("reason", [Reason.LENGTH, Reason.UNKNOWN_TYPE, 77])
def test_refusals_that_resending_cannot_mend(reason: int) -> None:
    device = PythonDevice(answer=lambda m, _: fake.refused(m.seq, reason))
    with pytest.raises(LinkError, match="does not compute request 100"):
        run(client_of(device))


def test_requests_that_do_not_fit() -> None:
    client = client_of(PythonDevice())
    with pytest.raises(LinkError, match="request 1 has 15 tensor bytes, the device's input 16"):
        run(client, [Request(1, "tensor", bytes(15))])
    with pytest.raises(LinkError, match="takes no elements"):
        run(client, [Request(1, "elements", bytes(16))])
    content = dataclasses.replace(HELLO, inputs=(End(16, ElementCode.FLOAT32),))
    client = client_of(PythonDevice(hello=lambda message: fake.hello(message.seq, content)))
    with pytest.raises(LinkError, match="request 1 has 16 elements bytes, the device's input 4"):
        run(client, [Request(1, "elements", bytes(16))])
    content = dataclasses.replace(HELLO, inputs=(End(16, ElementCode.FLOAT32), End(4, ElementCode.FLOAT32)))
    client = client_of(PythonDevice(hello=lambda message: fake.hello(message.seq, content)))
    with pytest.raises(LinkError, match="takes no elements"):
        run(client, [Request(1, "elements", bytes(5))])


def test_mute_device() -> None:
    started = time.monotonic()
    with pytest.raises(LinkError, match="does not answer: within 0 s nothing came"):
        client_of(PythonDevice(hello=lambda _: b"")).hello()
    assert time.monotonic() - started < 2


def test_another_program_on_the_port() -> None:
    with pytest.raises(LinkError, match=r"does not answer: within 0 s \d+ bytes that make no sense"):
        client_of(PythonDevice(hello=lambda _: b"login: \r\n")).hello()


def test_another_version() -> None:
    with pytest.raises(LinkError, match="does not speak version 4"):
        client_of(PythonDevice(hello=lambda m: fake.refused(m.seq, Reason.VERSION))).hello()
    newer = dataclasses.replace(HELLO, version=5)
    with pytest.raises(LinkError, match="speaks version 5 of the wire, not 4"):
        client_of(PythonDevice(hello=lambda m: fake.hello(m.seq, newer))).hello()


def test_device_that_falls_silent() -> None:
    device = PythonDevice()
    client = client_of(device)
    got = []
    with pytest.raises(LinkError, match="silent for 0 s; last heard: RESULT number"):
        for answer in client.stream(REQUESTS):
            got.append(answer.key)
            if len(got) == 3:
                device.answer = lambda _message, _plain: b""
                device.hello = lambda _: b""
    assert got[:3] == [100, 101, 102]


def test_device_that_only_says_hello() -> None:
    with pytest.raises(LinkError, match="answered no request for 1 s; last heard: HELLO"):
        run(client_of(PythonDevice(answer=lambda _message, _plain: b"")))


def test_device_that_is_only_slow_is_waited_for() -> None:
    """It computes for longer than the bound of silence: nothing is sent twice."""

    class Slow(HandlerTransport):
        ready_at = 0.0

        def read(self, timeout: float) -> bytes:
            time.sleep(min(timeout, max(self.ready_at - time.monotonic(), 0.0)))
            return super().read(timeout) if time.monotonic() >= self.ready_at else b""

        def write(self, data: bytes) -> None:
            super().write(data)
            self.ready_at = max(self.ready_at, time.monotonic() + 0.15 * (len(data) >= 27))

    client = Client(lambda: Slow(PythonDevice()), dataclasses.replace(QUICK, answer=2, stall=5))
    assert run(client, REQUESTS[:5]) == {key: EXPECTED[key] for key in list(EXPECTED)[:5]}
    assert client.stats.resent == 0
    assert client.stats.timeouts > 0


def test_resets_are_counted_once_each() -> None:
    """One that says so itself, one whose unasked HELLO got lost, and one whose first answer to a question did too."""
    unasked = dataclasses.replace(HELLO, unasked=True)
    count = itertools.count(1)
    start = [messages.SEQ_UNKNOWN]
    lost = [False]

    def say_hello(message: Message) -> bytes:
        if start[0] == messages.SEQ_UNKNOWN:
            start[0] = message.seq
        frame = fake.hello(message.seq, dataclasses.replace(content, start=start[0]))
        frame = frame[:70] + b"\x01" + frame[71:] if lost[0] else frame
        lost[0] = False
        return frame

    def reset_at_times(_: Message, plain: bytes) -> bytes:
        at = next(count)
        if at in (2, 8, 11):
            start[0] = messages.SEQ_UNKNOWN
        lost[0] |= at == 11
        damaged_hello = b"\x01" * 90 + b"\0"
        return {2: fake.hello(0, unasked), 8: b"", 9: damaged_hello, 11: damaged_hello}.get(at, plain)

    content = dataclasses.replace(HELLO, rx_buffer=0)
    unasked = dataclasses.replace(content, unasked=True)
    client = client_of(PythonDevice(answer=reset_at_times, hello=say_hello))
    assert run(client) == EXPECTED
    client.hello()
    assert client.stats.resets == 3


def test_a_question_that_was_lost_is_asked_again() -> None:
    """A damaged frame may have been the HELLO of a reset; the device hears only the third question."""
    count = itertools.count(1)
    questions: list[int] = []

    def say_hello(message: Message) -> bytes:
        questions.append(message.seq)
        deaf = len(questions) in (2, 3)  # the first is the run's own
        return b"" if deaf else fake.hello(message.seq, dataclasses.replace(HELLO, rx_buffer=0))

    device = PythonDevice(answer=lambda _, plain: b"\x01" * 90 + b"\0" + plain if next(count) == 4 else plain)
    device.hello = say_hello
    assert run(client_of(device)) == EXPECTED
    assert len(questions) == 4


def test_device_that_resets_at_one_request() -> None:
    unasked = dataclasses.replace(HELLO, unasked=True)
    device = PythonDevice(
        answer=lambda m, plain: fake.hello(0, unasked) if m.payload[2:3] == b"\x03" else plain,
    )
    bounds = dataclasses.replace(QUICK, resets=3)
    content = dataclasses.replace(HELLO, rx_buffer=0)
    device.hello = lambda message: fake.hello(message.seq, content)
    with pytest.raises(LinkError, match="started anew 3 times without one answer between, mostly at request 103"):
        run(client_of(device, bounds))


def test_other_firmware_after_a_reset() -> None:
    other = dataclasses.replace(HELLO, unasked=True, build_id="22" * 8)
    count = itertools.count(1)
    device = PythonDevice(answer=lambda _, plain: fake.hello(0, other) if next(count) == 4 else plain)
    with pytest.raises(StaleFirmwareError, match="build 2222222222222222, before 0000000000000000"):
        run(client_of(device))


def test_port_that_vanishes_and_comes_back() -> None:
    device = PythonDevice()
    opened: list[Transport | None] = []

    class Vanishing(PatientHandlerTransport):
        left = 3

        def write(self, data: bytes) -> None:
            self.left -= 1
            if self.left == 0:
                self.closed = True
            super().write(data)

    def open_port() -> Transport:
        if len(opened) % 2:  # not there at the first look
            opened.append(None)
            raise LinkError("the port is not there")
        opened.append(Vanishing(device))
        return Vanishing(device)

    client = Client(open_port, dataclasses.replace(QUICK, reopen=2))
    assert run(client) == EXPECTED
    assert client.stats.reopened >= 2


def test_port_that_cannot_be_opened_at_all() -> None:
    def open_port() -> Transport:
        raise LinkError("/dev/ttyACM7 is not there", "plug it in")

    with pytest.raises(LinkError, match=r"^/dev/ttyACM7 is not there$"):
        Client(open_port, QUICK).hello()


def test_port_that_vanishes_for_good() -> None:
    class Dead(HandlerTransport):
        def read(self, timeout: float) -> bytes:
            raise TransportClosedError(f"gone within {timeout:.0f} s")

    with pytest.raises(LinkError, match="vanishes again and again"):
        list(Client(lambda: Dead(PythonDevice()), QUICK).stream(REQUESTS))


def test_another_thread_of_sequence_numbers_wraps() -> None:
    """65,535 numbers, and more requests than that."""
    requests = [Request(n, "tensor", n.to_bytes(4, "little") * 4) for n in range(66_000)]
    device = PythonDevice(hello=lambda message: fake.hello(message.seq, dataclasses.replace(HELLO, rx_buffer=5000)))
    client = client_of(device, Bounds())
    assert all(output_of(r.data) == a.output for r, a in zip(requests, client.stream(requests), strict=True))
    assert max(message.seq for message in device.requests) == 0xFFFE
    assert device.requests[-1].type == MessageType.INFER_TENSOR
