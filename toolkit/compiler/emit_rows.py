"""The C of layers that stream: their windows and stages as tables for aot_rows.h."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.compiler import c
from toolkit.compiler.rowplan import Streamed

HEADER = "aot_rows.h"

BY_ROW = """
/* The input comes row by row, MODEL_ROW_BYTES each: model_begin(), then for each row, from the top, its bytes to
 * model_input() and model_push(), then model_invoke(). `watch` may be NULL, and is told as model_trace()'s is. */
void model_begin(void);
void model_push(model_watch_t *watch);
"""

_TABLES = """\
static const aot_rows_window_t windows[{windows}] AOT_CONST = {{
{window_rows}
}};
static const aot_rows_stage_t stages[{stages}] AOT_CONST = {{
{stage_rows}
}};
{last}#define ROWS (&(const aot_rows_t){{{arena}, {filled}, windows, stages, {windows}, {stages}, {source}, {more}}})
"""

_LAST = """\
static const aot_rows_last_t last_rows[{count}] AOT_CONST = {{
{rows}
}};
"""

_WHOLE = """
static void rows(model_watch_t *watch) {{ aot_rows_run(ROWS, arena.bytes + {place}, {count}, watch); }}
"""

_BY_ROW = """
void model_begin(void) {{ aot_rows_begin(ROWS); }}

void model_push(model_watch_t *watch) {{ aot_rows_push(ROWS, watch); }}

static void rows(model_watch_t *watch) {{ aot_rows_end(ROWS, watch); }}
"""


def places(streamed: Streamed, stage: int, offsets: Mapping[object, int]) -> dict[object, int]:
    """Where a stage's own inputs and scratch are."""
    call = streamed.stages[stage].call
    first = sum(len(each.windows) for each in streamed.stages[:stage])
    found: dict[object, int] = {
        window.tensor: offsets[streamed.kept[first + at].key]
        for at, window in enumerate(streamed.stages[stage].windows)
    }
    scratch = ("scratch", call.name)
    single = streamed.stages[stage].single
    finish = streamed.stages[stage].finish
    if finish is not None:
        found["sums", call.name] = offsets["sums", finish.name]
    if call.scratch_bytes:
        found[scratch] = offsets[scratch]
        if single is not None:
            found["scratch", single.name] = offsets[scratch]
    return found


def _otherwise(streamed: Streamed) -> list[int]:
    """By stage, the next one that may be ready in a pass in which it is not: one that reads more than what it gives."""
    found = []
    for at, stage in enumerate(streamed.stages):
        silent = {stage.call.output}
        following = at + 1
        for later in streamed.stages[at + 1 :]:
            if not all(window.tensor in silent for window in later.windows):
                break
            silent.add(later.call.output)
            following += 1
        found.append(following)
    return found


def firmware(streamed: Streamed, offsets: Mapping[object, int]) -> str:
    """What stands behind the layers' functions in a model.c."""
    place = 0 if streamed.by_row else offsets[streamed.input_tensor]
    return (
        f"static int16_t filled[{len(streamed.kept)}];\n"
        + tables(streamed, offsets, "arena.bytes", "filled")
        + (_BY_ROW if streamed.by_row else _WHOLE).format(place=place, count=streamed.input_rows)
    )


def tables(streamed: Streamed, offsets: Mapping[object, int], arena: str, filled: str) -> str:
    """The windows and stages, and `ROWS`, which are both as aot_rows.h takes them.

    Args:
        arena, filled: where the arena is, and int16 for each window, as C.
    """
    windows = []
    for kept in streamed.kept:
        w = kept.window
        fields = {
            "place": f"{offsets[kept.key]}u",
            "row_bytes": w.row_bytes,
            "height": w.height,
            "step": w.step,
            "top": w.top,
            "bottom": w.bottom,
            "fill": w.fill,
            "next": kept.next,
            "moves": int(kept.shares is not None),
        }
        windows.append(f"    {c.initialiser(fields)},")
    stages, first = [], 0
    for stage, to, otherwise in zip(streamed.stages, streamed.to, _otherwise(streamed), strict=True):
        rows = f"{stage.rows}u | AOT_TWO_ROWS" if stage.at_once > 1 else stage.rows
        stages.append(f"    {{{stage.call.name}, {first}, {len(stage.windows)}, {to}, {otherwise}, {rows}}},")
        first += len(stage.windows)
    last = [
        f"    {{{stage.single.name}, {at}}}," for at, stage in enumerate(streamed.stages) if stage.single is not None
    ]
    pairs = int(any(stage.at_once > 1 for stage in streamed.stages))
    return _TABLES.format(
        arena=arena,
        filled=filled,
        windows=len(windows),
        window_rows="\n".join(windows),
        stages=len(stages),
        stage_rows="\n".join(stages),
        source=streamed.source,
        last=_LAST.format(count=len(last), rows="\n".join(last)) if last else "",
        more=f"{pairs}, {len(last)}, {'last_rows' if last else 'NULL'}",
    )


def run(watch: str) -> str:
    """The statement that computes all stages, or what is left of them when all rows have come."""
    return f"  rows({watch});"
