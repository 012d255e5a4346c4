"""What the tiled kernels want to know of a convolution's shape."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.compiler import ir

NO_POOL = ir.Window(1, 1)


@dataclass(frozen=True, eq=False)
class Shape:
    """A convolution without groups, or a dense layer as one: its rows are the columns of an image of height 1.

    Attributes:
        input, output: height, width, channels; the output's after the pool.
        conv: height and width of the convolution's own output.
        window, pool: 1x1 if there is no pool.
    """

    input: tuple[int, int, int]
    conv: tuple[int, int]
    output: tuple[int, int, int]
    window: ir.Window
    pool: ir.Window = NO_POOL

    @property
    def rows(self) -> int:
        """Input rows that one output row needs."""
        w, p = self.window, self.pool
        return (p.kernel_h - 1) * w.stride_h + (w.kernel_h - 1) * w.dilation_h + 1

    @property
    def run(self) -> int:
        """Elements of one kernel row."""
        return self.window.kernel_w * self.input[2]

    @property
    def reach(self) -> int:
        """Elements of a row, padding included, that the windows read."""
        w, p = self.window, self.pool
        return ((self.output[1] - 1) * p.stride_w + p.kernel_w - 1) * w.stride_w * self.input[2] + self.run

    def behind(self, element_bytes: int, rows: int = 1, *, blocks: bool = True) -> int:
        """How many bytes an output that is computed row by row must begin before the input; see `Call.behind`.

        Row y of the output may be written once only rows are read that it does not cover: from that on that row y + 1
        begins with; where `rows` are written at once, from that on that the next ones begin with; if these are
        not blocks, each row may be the first of them. A. Blacker et al. call a plan made so diagonal ("Diagonal Memory
        Optimisation", 2020).
        """
        w, p = self.window, self.pool
        height, width, channels = self.input
        out_h, out_w, out_c = self.output
        return element_bytes * max(
            min(y + rows, out_h) * out_w * out_c
            - min(height, max(0, (y * p.stride_h - p.pad_top) * w.stride_h - w.pad_top)) * width * channels
            for y in range(0, out_h, rows if blocks else 1)
        )

    @property
    def padded(self) -> bool:
        """True if a window reads outside the image."""
        w, p = self.window, self.pool
        lowest = (self.output[0] - 1) * p.stride_h * w.stride_h + self.rows
        return bool(w.pad_top or w.pad_left or lowest > self.input[0] or self.reach > self.input[1] * self.input[2])

    @property
    def tiles(self) -> bool:
        """True if kernel rows are runs and pool windows lie inside the convolution's output."""
        w, p = self.window, self.pool
        if w.dilation_w != 1 or p.pad_top or p.pad_left or p.dilation_h != 1 or p.dilation_w != 1 or self.rows > 255:
            return False
        return (self.output[0] - 1) * p.stride_h + p.kernel_h <= self.conv[0] and (
            self.output[1] - 1
        ) * p.stride_w + p.kernel_w <= self.conv[1]

    @property
    def is_3x3c1_pool2(self) -> bool:
        """True for the first layer of most small vision networks: 3x3 on one channel, then a pool of 2x2."""
        return self.input[2] == 1 and self.window == ir.Window(3, 3) and self.pool == ir.Window(2, 2, 2, 2)

    def fields(self) -> dict[str, int]:
        """`aot_tile_shape_t`."""
        w, p = self.window, self.pool
        names = ("in_h", "in_w", "in_c", "out_h", "out_w", "out_c")
        return dict(zip(names, (*self.input, *self.output), strict=True)) | {
            "stride_h": w.stride_h,
            "stride_w": w.stride_w,
            "dilation_h": w.dilation_h,
            "kernel_h": w.kernel_h,
            "pad_top": w.pad_top,
            "pad_left": w.pad_left,
            "pool_h": p.kernel_h,
            "pool_w": p.kernel_w,
            "pool_stride_h": p.stride_h,
            "pool_stride_w": p.stride_w,
            "row_count": self.rows,
        }
