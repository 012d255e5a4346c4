"""docs/paper.md and its plots, made from the data files and from nothing typed in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from toolkit.artifacts import write_atomically
from toolkit.paper import plan, plots
from toolkit.paper.compression import CompressionResult
from toolkit.paper.runs import Result
from toolkit.paper.tables import Row, Spread, rows


def percent(value: float) -> str:
    """A share of 1 as a percentage with two digits."""
    return f"{100 * value:.2f}"


def with_spread(spread: Spread | None) -> str:
    """Mean, and the standard deviation where there are several seeds, in per cent."""
    if spread is None:
        return "not trained yet"
    return percent(spread.mean) + (f" ± {percent(spread.deviation)}" if spread.deviation is not None else "")


def table_lines(all_rows: Iterable[Row], table: int) -> list[str]:
    """One of the paper's tables in Markdown."""
    lines = [
        "| network | model | parameters (paper) | KiB (paper) | test set, % (paper) | int8, % "
        "| external, % (paper) | seeds |",
        "|---|---|--:|--:|--:|--:|--:|--:|",
    ]
    for row in all_rows:
        if row.table != table:
            continue
        size = f"{row.size_bytes / 1024:.1f}" if row.size_bytes else "-"
        external = f"{100 * row.test:.0f}" if row.test is not None else "-"
        int8 = with_spread(row.int8_spread) if row.int8_spread else "-"
        lines.append(
            f"| {row.row} | `{row.model}` | {row.params:,} ({row.params_paper:,}) | {size} ({row.size_paper_kb:g}) "
            f"| {with_spread(row.valid_spread)} ({percent(row.valid_paper)}) | {int8} "
            f"| {external} ({100 * row.test_paper:.0f}) | {len(row.seeds)} |"
        )
    return lines


def _external(all_rows: Iterable[Row]) -> list[str]:
    lines = ["| model | digits taken for another (in how many seeds) |", "|---|---|"]
    seen = set()
    for row in all_rows:
        if row.model in seen or not row.seeds:
            continue
        seen.add(row.model)
        wrong = ", ".join(f"{digit} ({count} of {len(row.seeds)})" for digit, count in row.wrong.items()) or "none"
        lines.append(f"| `{row.model}` | {wrong} |")
    return lines


def _best(best: list[Result]) -> list[str]:
    if not best:
        return ["Not trained yet."]
    int8 = Spread.of(result.accuracy["int8"] for result in best)
    float32 = Spread.of(result.accuracy["float32"] for result in best)
    external = ", ".join(str(result.external["int8"]) for result in best)
    return [
        f"Seeds {', '.join(str(result.run.seed) for result in best)}: float32 {with_spread(float32)} %, "
        f"int8 {with_spread(int8)} % (from {percent(int8.min)} to {percent(int8.max)}); "
        f"external images right in int8: {external} of 10. The int8 file has {best[0].sizes['int8']:,} bytes.",
    ]


def _compression(results: Iterable[CompressionResult]) -> list[str]:
    by_model: dict[str, list[CompressionResult]] = {}
    for result in results:
        by_model.setdefault(result.run.model, []).append(result)
    lines: list[str] = []
    for model, found in by_model.items():
        lines += [
            f"### `{model}`, {len(found)} seeds",
            "",
            "| method | bytes | zipped | zeros, % | test set, % | change |",
        ]
        lines.append("|---|--:|--:|--:|--:|--:|")
        base = Spread.of(each.accuracy for result in found for each in result.methods if each.method == "float32").mean
        for method in [each.method for each in found[0].methods]:
            same = [each for result in found for each in result.methods if each.method == method]
            spread = Spread.of(each.accuracy for each in same)
            size, zipped, zeros = (
                Spread.of(values).mean
                for values in (
                    [each.size_bytes for each in same],
                    [each.zipped_bytes for each in same],
                    [100 * each.sparsity for each in same],
                )
            )
            lines.append(
                f"| {method} | {size:,.0f} | {zipped:,.0f} | {zeros:.0f} "
                f"| {with_spread(spread)} | {100 * (spread.mean - base):+.2f} |"
            )
        lines.append("")
    return lines or ["Not done yet.", ""]


def _epochs(long: list[Result]) -> list[str]:
    lines = [
        "| model | epochs | after 20, % | last five, mean % | gain | training images, last epoch, % |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for result in long:
        at_20, end = result.curve[plan.PAPER_EPOCHS - 1], Spread.of(result.curve[-5:]).mean
        lines.append(
            f"| `{result.run.model}` | {len(result.curve)} | {percent(at_20)} | {percent(end)} "
            f"| {100 * (end - at_20):+.2f} | {percent(result.training_curve[-1])} |"
        )
    return lines


def _harder(easy: dict[str, float], hard: dict[str, float]) -> list[str]:
    lines = ["| model | MNIST, % | Fashion-MNIST, % | difference |", "|---|--:|--:|--:|"]
    for name, value in easy.items():
        if name in hard:
            lines.append(f"| `{name}` | {percent(value)} | {percent(hard[name])} | {100 * (hard[name] - value):+.2f} |")
    return lines


def write(
    results: dict[str, Result],
    compressed: dict[str, CompressionResult],
    answers: dict[str, str],
    page: Path,
    pictures: Path,
) -> None:
    """Write the page and its plots.

    Args:
        results, compressed: the data files.
        answers: the prose under "epochs", "compression" and "harder": judgements, without figures of their own.
        page: the Markdown file.
        pictures: folder of the plots, beside or below the page.
    """
    all_rows = rows(results)
    best = [results[run.key] for run in plan.best() if run.key in results]
    long = [results[run.key] for run in plan.epochs() if run.key in results]
    hard = {run.model: results[run.key].accuracy["float32"] for run in plan.harder() if run.key in results}
    first = {run.model: run for run in reversed(plan.tables())}
    easy = {name: results[run.key].accuracy["float32"] for name, run in first.items() if run.key in results}
    plots.accuracy_against_size(all_rows, best, pictures / "accuracy-size.svg")
    if long:
        plots.curves(long, pictures / "epochs.svg")
    if compressed:
        plots.compression(compressed.values(), pictures / "compression.svg")
    if hard:
        plots.harder(easy, hard, pictures / "harder.svg")
    where = pictures.relative_to(page.parent).as_posix()
    dates = sorted(result.date for result in results.values())
    versions = sorted({f"{name} {version}" for result in results.values() for name, version in result.versions.items()})
    lines = [
        "# The paper, reproduced",
        "",
        "Made from `models/paper_results.json` and `models/compression_results.json` by `tinyml paper`; nothing here",
        "is typed in but the prose. Figures are means over the seeds with the standard deviation, never the best seed.",
        f"Trained from {dates[0][:10]} to {dates[-1][:10]} with {', '.join(versions)}." if dates else "",
        "",
        "## Table I",
        "",
        *table_lines(all_rows, 1),
        "",
        "## Table II",
        "",
        *table_lines(all_rows, 2),
        "",
        f"![Accuracy against size]({where}/accuracy-size.svg)",
        "",
        "## The external images",
        "",
        *_external(all_rows),
        "",
        "## The proposed model by the best recipe",
        "",
        *_best(best),
        "",
        "## Pruning and quantisation",
        "",
        answers.get("compression", ""),
        "",
        *_compression(compressed.values()),
        *([f"![Compression]({where}/compression.svg)", ""] if compressed else []),
        "## Were 20 epochs unfair to the large models?",
        "",
        answers.get("epochs", ""),
        "",
        *(_epochs(long) if long else ["Not done yet."]),
        "",
        *([f"![Accuracy by epoch]({where}/epochs.svg)", ""] if long else []),
        "## Harder data",
        "",
        answers.get("harder", ""),
        "",
        *(_harder(easy, hard) if hard else ["Not done yet."]),
        "",
        *([f"![MNIST and Fashion-MNIST]({where}/harder.svg)", ""] if hard else []),
    ]
    write_atomically(page, "\n".join(lines).encode())
