"""The verification as JUnit XML, for the test tabs of CI systems.

The format has no standard; this keeps to what Jenkins, GitLab and GitHub's actions agree on: `testsuites`, `testsuite`
with counts and properties, `testcase` with at most one `failure` or `skipped`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from toolkit.artifacts import InputResult, SetResult, Verdict, Verification, write_atomically
from toolkit.errors import TinymlError
from toolkit.report import layers, outputs, text

MOST_CASES = 100
"""Failed inputs that get a test case of their own; the set's own case counts them all."""

# XML 1.0 has no way at all to write these characters.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _clean(value: str) -> str:
    return _NOT_XML.sub("\ufffd", value)


def _case(suite: ElementTree.Element, name: str, seconds: float = 0.0) -> ElementTree.Element:
    attributes = {"classname": suite.attrib["name"], "name": _clean(name), "time": f"{seconds:.3f}"}
    return ElementTree.SubElement(suite, "testcase", attributes)


def _fail(
    case: ElementTree.Element, kind: str, message: str, detail: str = "", what: Literal["failure", "error"] = "failure"
) -> None:
    failure = ElementTree.SubElement(case, what, {"type": kind, "message": _clean(message)})
    failure.text = _clean(detail or message)


def _document(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _input(suite: ElementTree.Element, result: InputResult, of: SetResult, *, decided: bool) -> None:
    case = _case(suite, f"{of.words.short} {result.name or result.index}")
    if not result.passed and not decided and result.got is not None:
        out = ElementTree.SubElement(case, "system-out")
        out.text = "the output differs from the stand-in's, which decides nothing"
    elif not result.passed:
        kind = "unanswered" if result.got is None else "difference"
        expected = outputs.shown(result.expected, result.got)
        got = outputs.shown(result.got, result.expected) if result.got is not None else "no answer"
        message = "the device never answered" if result.got is None else "the output differs from the host's"
        _fail(case, kind, message, f"expected {expected}\ngot      {got}")
    elif result.label is not None and result.predicted != result.label:
        out = ElementTree.SubElement(case, "system-out")
        said = "nothing" if result.predicted is None else of.class_name(result.predicted)
        out.text = _clean(
            f"{'proven, but ' if decided else ''}misread: a {of.class_name(result.label)}, read as {said}"
        )


def _strength(verification: Verification) -> dict[str, str]:
    found = verification.strength
    if found is None:
        return {}
    return {
        "strength": text.strength(verification),
        "strength.planted": str(found.planted),
        "strength.seen": str(found.seen),
        **{f"strength.{layer.name}": f"{layer.seen}/{layer.planted}" for layer in found.layers if layer.planted},
    }


def render(verification: Verification) -> str:
    """The XML document.

    Its verdict is that of the exit code: the case "verdict" fails where the exit code is 4, and is an error where it
    is 5. So does the case of each gate that is not met. Other cases fail where an output is missing or not the host's;
    an input that device and host misread alike is no failure.
    """
    failed = [result for result in verification.wrong if not result.passed]
    name = f"tinyml.{verification.board}.{verification.model}.{verification.dtype}"
    root = ElementTree.Element("testsuites", {"name": "tinyml verify"})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(name)})
    if verification.date:
        suite.set("timestamp", verification.date.split("+")[0])
    properties = ElementTree.SubElement(suite, "properties")
    facts = {
        "model_sha256": verification.device.model_sha256,
        "build_id": verification.device.build_id,
        "runtime": verification.device.runtime,
        "verdict": str(verification.verdict),
        "inputs": verification.inputs,
        "distinct_outputs": str(verification.distinct_outputs),
        **_strength(verification),
        **({"layers": told} if (told := layers.told(verification)) else {}),
        "images_per_second": str(verification.inputs_per_second),
        "resent": str(verification.resent),
        **{f"accuracy.{name}": f"{score.correct}/{score.total}" for name, score in verification.accuracy.items()},
        **{
            f"scores.{each.name}.{name}": repr(value)
            for each in verification.sets
            for name, value in each.scores.items()
        },
    }
    for key, value in facts.items():
        ElementTree.SubElement(properties, "property", {"name": _clean(key), "value": _clean(value)})
    case = _case(suite, "verdict", verification.seconds)
    decided = verification.verdict is not Verdict.UNDECIDED
    if not verification.proven:
        message = " ".join(part for part in (text.headline(verification), text.why(verification)) if part)
        kind = {Verdict.WEAK: "weak", Verdict.UNDECIDED: "undecided"}.get(verification.verdict, "not proven")
        _fail(case, kind, message, str(verification.first_difference or ""), "failure" if decided else "error")
    for gate in verification.gates:
        case = _case(suite, f"gate {gate.name}")
        if not gate.met:
            _fail(case, "not measured" if gate.value is None else "gate", gate.in_words)
    for each in verification.sets:
        case = _case(suite, f"all outputs: {each.words.title}")
        if told := text.scores(each):
            ElementTree.SubElement(case, "system-out").text = _clean(told)
        if each.failed and decided:
            _fail(
                case, "not proven", f"{each.failed:,} of {each.asked:,} outputs are missing or differ from the host's"
            )
    for result in verification.singly:
        _input(suite, result, verification.set(result.set), decided=decided)
    singly = {(result.set, result.index) for result in verification.singly}
    for result in [result for result in failed if (result.set, result.index) not in singly][:MOST_CASES]:
        _input(suite, result, verification.set(result.set), decided=decided)
    counts = {
        "tests": str(len(suite.findall("testcase"))),
        "failures": str(len(suite.findall("testcase/failure"))),
        "errors": str(len(suite.findall("testcase/error"))),
        "skipped": "0",
        "time": f"{verification.seconds:.3f}",
    }
    for element in (root, suite):
        element.attrib.update(counts)
    return _document(root)


def _write(path: Path, document: str) -> None:
    """To a path of the user's own choice: a link there is followed, and stays a link; /dev/stdout is one."""
    try:
        target = path.resolve()
        # Links in a circle: Python 3.13 no longer raises, and leaves a link.
        special = target.is_symlink() or (target.exists() and not target.is_file())
    except (OSError, RuntimeError) as caught:  # links in a circle
        raise TinymlError(f"cannot write {path}: {caught}", "name an ordinary file") from caught
    if special:
        raise TinymlError(f"cannot write {path}: it is no ordinary file", "name an ordinary file: --junit verdict.xml")
    write_atomically(target, document.encode())


def write(path: Path, verification: Verification) -> None:
    """Write the document to `path`, whole or not at all.

    Raises:
        TinymlError: the file system refused.
    """
    _write(path, render(verification))


def unfinished_suite(name: str, message: str, seconds: float = 0.0) -> ElementTree.Element:
    """A suite without a verdict: an error."""
    counts = {"tests": "1", "failures": "0", "errors": "1", "skipped": "0", "time": f"{seconds:.3f}"}
    suite = ElementTree.Element("testsuite", {"name": _clean(name), **counts})
    error = ElementTree.SubElement(
        _case(suite, "verdict"), "error", {"type": "not finished", "message": _clean(message)}
    )
    error.text = _clean(message)
    return suite


def together(name: str, suites: Sequence[ElementTree.Element]) -> str:
    """One document of several suites, with their counts added up."""
    root = ElementTree.Element("testsuites", {"name": name})
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites):.3f}")
    root.extend(suites)
    return _document(root)


def write_document(path: Path, document: str) -> None:
    """Write a document to `path`, whole or not at all.

    Raises:
        TinymlError: the file system refused, or it is no ordinary file.
    """
    _write(path, document)


def write_unfinished(path: Path, what: str) -> None:
    """Write a document without a verdict: an error, until `write` puts the verdict in its place.

    Args:
        what: is being verified, in words.

    Raises:
        TinymlError: the file system refused.
    """
    suite = unfinished_suite("tinyml", f"the verification of {what} did not come to an end")
    _write(path, together("tinyml verify", [suite]))
