"""Picture files, opened with care: only the formats that are meant, one line for whatever is wrong with one."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from toolkit.errors import DatasetError

FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
"""What is opened, whatever the file is called. Pillow knows more: for EPS it would start Ghostscript."""

ENDINGS = {
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".dib", ".gif", ".tif", ".tiff", ".webp", ".pbm", ".pgm"),
    *(".ppm", ".pnm", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".svg", ".eps", ".ps", ".pdf", ".psd", ".tga", ".dng"),
}
"""What pictures are called, also those that cannot be read: such a file is meant to be one."""

_HINT = "use PNG or JPEG files"


def is_picture(path: Path) -> bool:
    """Whether the file begins as one of FORMATS does; its name is not looked at."""
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=FORMATS):
            return True
    except Exception:  # whatever a decoder may meet in a file that is none of its own
        return False


def read_picture(source: Path | bytes, name: str) -> Image.Image:
    """A picture as a person sees it: turned as its EXIF data say, on a background, in 8 bits.

    Args:
        source: the file, or its bytes.
        name: what a message calls it.

    Returns:
        of mode "L" or "RGB". What was transparent is filled: see `_on_a_background`.

    Raises:
        DatasetError: it is none of FORMATS, is broken, or has more pixels than Pillow takes to be safe.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS)
            with opened:
                opened.load()
                return flat(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as caught:
        most = (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise DatasetError(
            f"{name} has more than {most} million pixels", "make it smaller first: a few hundred each way are plenty"
        ) from caught
    except Exception as caught:  # decoders let everything through that a broken file makes of them
        raise DatasetError(f"{name} is no image that can be read", _HINT) from caught


def flat(image: Image.Image) -> Image.Image:
    """The picture in 8 bits and without transparency, of mode "L" or "RGB"."""
    if image.mode.startswith(("I", "F")):
        image = _eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        return _on_a_background(image.convert("RGBA"))
    return image if image.mode == "L" else image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep greyscale scaled by the full range of its bits: 12 bits in a file of 16 come from many cameras and scanners.

    Pillow's own conversion clips it.
    """
    values = np.nan_to_num(np.asarray(image, np.float64)).clip(0)
    most = float(values.max(initial=0.0))
    whole = max(255.0, 2.0 ** np.ceil(np.log2(most + 1)) - 1)
    top = 1.0 if image.mode.startswith("F") and most <= 1 else whole
    return Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8))


def _on_a_background(image: Image.Image) -> Image.Image:
    """What is transparent, filled.

    Where that is most of the picture, what was drawn is the ink, and it gets white or black paper, whichever it stands
    out from. Otherwise it is a photograph with corners cut off: they get the colour that most of it has.
    """
    pixels = np.asarray(image)
    alpha = pixels[..., 3]
    shown = pixels[alpha >= 128][:, :3]
    if len(shown) == 0:
        paper: tuple[int, ...] = (255, 255, 255)
    elif 2 * len(shown) > alpha.size:
        paper = tuple(int(value) for value in np.median(shown, axis=0))
    else:
        paper = (255,) * 3 if shown.mean() < 128 else (0,) * 3
    return Image.alpha_composite(Image.new("RGBA", image.size, (*paper, 255)), image).convert("RGB")
