"""What the assembly of several kernels for Armv8.1-M vectors has in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

VECTOR = 16
# A load's own step or offset.
NEAR = 127


def add(register: str, count: int, by: str = "r0") -> Iterator[str]:
    """Of a number of any size; `by` may be lost."""
    name = "sub" if count < 0 else "add"
    if abs(count) <= 255:
        if count:
            yield f"{name} {register}, {register}, #{abs(count)}"
    elif abs(count) <= 4095:
        yield f"{name}w {register}, {register}, #{abs(count)}"
    else:
        yield f"movw {by}, #{abs(count) & 0xFFFF}"
        if abs(count) > 0xFFFF:
            yield f"movt {by}, #{abs(count) >> 16}"
        yield f"{name} {register}, {register}, {by}"


def load(vector: str, pointer: str, step: int) -> Iterator[str]:
    """A position's next vector, and on by `step` bytes."""
    if abs(step) <= NEAR:
        yield f"vldrb.8 {vector}, [{pointer}], #{step}"
    else:
        yield f"vldrb.8 {vector}, [{pointer}]"
        # No register is free: in pieces that the instruction holds.
        for _ in range(abs(step) // 4095):
            yield f"{'sub' if step < 0 else 'add'}w {pointer}, {pointer}, #4095"
        yield from add(pointer, abs(step) % 4095 * (-1 if step < 0 else 1))


def scaling(vectors: tuple[str, ...], other: str, quads: str, *, signed: bool) -> Iterator[str]:
    """Sums of the same four channels, scaled by what `quads` points to; docs/compiler.md, "Vectors"."""
    yield f"vldrw.32 {other}, [{quads}], #16"
    for v in vectors:
        yield f"vadd.i32 {v}, {v}, {other}"
    yield f"vldrw.32 {other}, [{quads}], #16"
    for v in vectors:
        yield f"vqrdmulh.s32 {v}, {v}, {other}"
    for v in vectors if signed else ():
        yield from (f"vshr.s32 {other}, {v}, #31", f"vadd.i32 {v}, {v}, {other}")
    yield f"vldrw.32 {other}, [{quads}], #16"
    for v in vectors:
        yield f"vrshl.s32 {v}, {v}, {other}"


def bytes_of(vector: str, upper: str, width: int, zero: int | None, *, table: bool) -> Iterator[str]:
    """int16 to what is stored of lanes `width` bits wide; `upper` has the odd bytes, if they are bytes.

    r0 is zero + 128, r2 is 128 or the table's address, q2 may be lost.
    """
    both = (vector, upper) if width == 8 else (vector,)
    if zero != -128:
        for each in both:
            yield f"vqadd.s16 {each}, {each}, r0"
    yield f"vqmovunb.s16 {vector}, {vector}"
    if width == 8:
        yield f"vqmovunt.s16 {vector}, {upper}"
    if not table:
        yield f"vadd.i8 {vector}, {vector}, r2"
        return
    if width != 8:
        yield f"vmovlb.u8 {vector}, {vector}"
    if width == 32:
        yield f"vmovlb.u16 {vector}, {vector}"
    yield f"vldrb.u{width} q2, [r2, {vector}]"
    yield f"vmov {vector}, q2"


def middle(zero: int | None, where: str) -> Iterator[str]:
    """r0 as bytes_of() wants it; `where`: the place of zero + 128 if only the layer's constants say it."""
    if zero is None:
        yield f"ldr r0, {where}"
    elif zero != -128:
        yield f"mov r0, #{zero + 128}"


def constants(zero: int | None, where: str, table: str) -> Iterator[str]:
    """r0 and r2 as bytes_of() wants them; `table`: where its address is, if there is one."""
    yield from middle(zero, where)
    yield f"ldr r2, {table}" if table else "mov r2, #128"


def patches_name(rows: int, next_row: int, run: int, apart: int, patch: int) -> str:
    """Of the function that patches() writes."""
    return f"aot_patches_mve_{rows}_{next_row}_{run}_{apart}_{patch}"


def patches(rows: int, next_row: int, run: int, apart: int, patch: int) -> str:
    """The C of a function that copies what positions read, the kernel's rows one after the other.

    Args:
        rows, run: of the kernel, and bytes of one; next_row: from one to the next.
        apart: bytes from one position to the next; patch: the same where they are copied to.
    """
    vectors = -(-run // VECTOR)
    lines = ["dls lr, r3", "1:"]
    for row in range(rows):
        for vector in range(vectors):
            ends = vector + 1 == vectors
            lines += load("q0", "r1", next_row - VECTOR * vector if ends else VECTOR)
            on = run - VECTOR * vector if ends else VECTOR
            if ends and row + 1 == rows:
                on = patch - (rows - 1) * run - VECTOR * vector
            lines.append(f"vstrb.8 q0, [r2], #{on}")
    lines += [*add("r1", apart - rows * next_row), "le lr, 1b"]
    declared = "const aot_gemm_mve_t *l, const int8_t *x, int8_t *out, uint32_t count"
    return once(patches_name(rows, next_row, run, apart, patch), declared, lines)


def once(name: str, declared: str, lines: Iterable[str]) -> str:
    """The C of a function, once in a program however often it is asked for; its arguments are in r0 to r3."""
    text = "\n".join(f'      "{line}\\n"' for line in lines)
    return f"""\
#if !AOT_HAS_MVE
#define {name} NULL
#elif !defined({name}_is_here)
#define {name}_is_here
static __attribute__((noinline, noclone)) void {name}({declared}) {{
  register const void *layer __asm__("r0") = l;
  register const int8_t *from __asm__("r1") = x;
  register int8_t *output __asm__("r2") = out;
  register uint32_t positions __asm__("r3") = count;
  __asm__ volatile(
{text}
      : "+r"(layer), "+r"(from), "+r"(output), "+r"(positions)
      :
      : "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "lr", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7",
        "p0", "cc", "memory");
}}
#endif
"""
