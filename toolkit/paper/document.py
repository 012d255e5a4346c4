"""docs/paper.md and its plots, made from the data files and from nothing typed in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from toolkit.artifacts import write_atomically
from toolkit.paper import answers, authors, compression, plan, plots, questions
from toolkit.paper.compression import CompressionResult
from toolkit.paper.devices import DeviceResult
from toolkit.paper.questions import Best, EpochsRow, HarderRow, MethodRow
from toolkit.paper.tables import Row, Spread, rows
from toolkit.paper.tfmot import ToolkitResult
from toolkit.paper.training_run import Result


def percent(value: float) -> str:
    """A share of 1 as a percentage with two digits."""
    return f"{100 * value:.2f}"


def with_spread(spread: Spread | None) -> str:
    """Mean, and the standard deviation where there are several seeds, in per cent."""
    if spread is None:
        return "not yet run"
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


def _best(found: Best) -> list[str]:
    if found.int8 is None:
        return ["Not yet run."]
    external = ", ".join(str(right) for right in found.external)
    whole = len(found.seeds) >= len(plan.SEEDS)
    return [
        f"Seeds {', '.join(str(seed) for seed in found.seeds)}: float32 {with_spread(found.float32)} %, "
        f"int8 {with_spread(found.int8)} % (from {percent(found.int8.min)} to {percent(found.int8.max)}); "
        f"external images right in int8: {external} of 10. The int8 file has {found.size_bytes:,} bytes.",
        *([] if whole else ["", f"{len(found.seeds)} of {len(plan.SEEDS)} seeds so far."]),
    ]


def _compression(rows: tuple[MethodRow, ...]) -> list[str]:
    lines: list[str] = []
    model = ""
    for row in rows:
        if row.model != model:
            model = row.model
            lines += [
                "",
                f"### `{model}`, seeds {', '.join(map(str, row.seeds))}",
                "",
                "| method | bytes | zipped | zeros, % | test set, % | change |",
                "|---|--:|--:|--:|--:|--:|",
            ]
        lines.append(
            f"| {row.method} | {row.size_bytes:,.0f} | {row.zipped_bytes:,.0f} | {100 * row.sparsity:.0f} "
            f"| {with_spread(row.accuracy)} | {100 * row.change:+.2f} |"
        )
    missing = [model for model in compression.MODELS if all(row.model != model for row in rows)]
    return [*lines, *_not_run(missing)]


def _toolkit(found: Iterable[ToolkitResult]) -> list[str]:
    lines: list[str] = []
    done = set()
    for result in found:
        done.add(result.run.model)
        versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
        lines += [
            "",
            f"### `{result.run.model}`, seed {result.run.seed} ({versions})",
            "",
            "| step | variables | `.h5` bytes | `.tflite` bytes | zipped | test set, % |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        lines += [
            f"| {step.step} | {step.parameters:,} | {step.saved_bytes:,} | {step.tflite_bytes:,} "
            f"| {step.zipped_bytes:,} | {percent(step.accuracy)} |"
            for step in result.steps
        ]
    return [*lines, *_not_run([model for model in compression.MODELS if model not in done])]


def _devices(found: Iterable[DeviceResult]) -> list[str]:
    lines = [
        "| board | model | type | outcome | `.tflite` | flash | RAM | one inference | largest difference |",
        "|---|---|---|---|--:|--:|--:|--:|--:|",
    ]
    reasons = []
    for each in found:
        sizes = " | ".join(
            "-" if size is None else f"{size:,}" for size in (each.model_bytes, each.flash_bytes, each.ram_bytes)
        )
        time = "-" if each.median is None else f"{each.median:,} {each.unit}"
        difference = "-" if each.max_difference is None else f"{each.max_difference:g}"
        lines.append(
            f"| {each.board} | `{each.model}` | {each.dtype} | {each.outcome} | {sizes} | {time} | {difference} |"
        )
        if each.said:
            reasons.append(f"- {each.board}, `{each.model}`, {each.dtype}: {each.said}")
    return [*lines, "", *reasons] if len(lines) > 2 else ["Not yet run."]


def _not_run(models: Iterable[str]) -> list[str]:
    """One line that names what is missing, or none."""
    names = ", ".join(f"`{model}`" for model in models)
    return ["", f"Not yet run: {names}."] if names else []


def _epochs(rows: Iterable[EpochsRow]) -> list[str]:
    lines = [
        "| model | epochs | after 20, % | last five, mean % | gain | training images, last epoch, % |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        if row.at_20 is None or row.end is None or row.gain is None or row.training is None:
            lines.append(f"| `{row.model}` | not yet run | | | | |")
        else:
            lines.append(
                f"| `{row.model}` | {row.epochs} | {percent(row.at_20)} | {percent(row.end)} "
                f"| {100 * row.gain:+.2f} | {percent(row.training)} |"
            )
    return lines


def _harder(rows: Iterable[HarderRow]) -> list[str]:
    lines = ["| model | MNIST, % | Fashion-MNIST, % | difference |", "|---|--:|--:|--:|"]
    for row in rows:
        easy = "not yet run" if row.mnist is None else percent(row.mnist)
        hard = "not yet run" if row.fashion_mnist is None else percent(row.fashion_mnist)
        change = "" if row.difference is None else f"{100 * row.difference:+.2f}"
        lines.append(f"| `{row.model}` | {easy} | {hard} | {change} |")
    return lines


def write(
    results: dict[str, Result],
    compressed: dict[str, CompressionResult],
    by_toolkit: dict[str, ToolkitResult],
    on_devices: Iterable[DeviceResult],
    page: Path,
    pictures: Path,
) -> None:
    """Write the page and its plots.

    Args:
        results, compressed, by_toolkit, on_devices: the data files.
        page: the Markdown file.
        pictures: folder of the plots, beside or below the page.
    """
    all_rows = rows(results)
    long = questions.followed(results)
    methods = questions.compression(compressed.values())
    hard = questions.harder(results)
    any_hard = any(row.difference is not None for row in hard)
    plots.accuracy_against_size(
        all_rows, [results[run.key] for run in plan.best() if run.key in results], pictures / "accuracy-size.svg"
    )
    if long:
        plots.curves(long, pictures / "epochs.svg")
    if methods:
        plots.compression(methods, pictures / "compression.svg")
    if any_hard:
        plots.harder(hard, pictures / "harder.svg")
    by_authors = authors.followed(results)
    if by_authors:
        plots.curves(by_authors, pictures / "authors.svg", authors.claimed())
    where = pictures.relative_to(page.parent).as_posix()
    dates = sorted(result.date for result in results.values())
    versions = sorted({f"{name} {version}" for result in results.values() for name, version in result.versions.items()})
    lines = [
        "# The paper, reproduced",
        "",
        "Made by `tinyml paper page` from the data files `paper_results.json`, `compression_results.json` and",
        "`tfmot_results.json` in `models/`; nothing here is typed in but the prose. `tinyml paper --train` and",
        "`tinyml paper best|authors|epochs|when|harder-data --train` run what is missing.",
        f"Trained from {dates[0][:10]} to {dates[-1][:10]} with {', '.join(versions)}." if dates else "",
        "",
        answers.TABLES,
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
        *_best(questions.best(results)),
        "",
        "## Efficient-CapsNet as its authors train it",
        "",
        answers.AUTHORS,
        "",
        *authors.lines(authors.rows(results)),
        "",
        *([f"![Accuracy by epoch]({where}/authors.svg)", ""] if by_authors else []),
        "## On the boards",
        "",
        answers.DEVICES,
        "",
        *_devices(on_devices),
        "",
        "## When do pruning and quantisation pay?",
        "",
        *([answers.WHEN] if methods else []),
        *_compression(methods),
        "",
        *([f"![Compression]({where}/compression.svg)", ""] if methods else []),
        "## TensorFlow's own toolkit",
        "",
        *([answers.TOOLKIT] if by_toolkit else []),
        *_toolkit(questions.toolkit_steps(by_toolkit.values())),
        "",
        "## Were 20 epochs unfair to the large models?",
        "",
        answers.EPOCHS,
        "",
        *_epochs(questions.epochs(results)),
        "",
        *([f"![Accuracy by epoch]({where}/epochs.svg)", ""] if long else []),
        "## Harder data",
        "",
        answers.HARDER,
        "",
        *_harder(hard),
        "",
        *([f"![MNIST and Fashion-MNIST]({where}/harder.svg)"] if any_hard else []),
    ]
    write_atomically(page, ("\n".join(lines).rstrip() + "\n").encode())
