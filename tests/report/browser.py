"""A page in headless Chromium: the widths it really needs, and everything that the browser complained about."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from html import unescape
from pathlib import Path

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

# The page itself runs no scripts, so a second page measures it: in frames as wide as the screens, which also makes
# media queries see that width (a headless window itself cannot be narrower than about 500 pixels).
_HARNESS = """<!doctype html><meta charset="utf-8"><body>
{frames}
<pre id="found"></pre>
<script>
addEventListener("load", () => {{
  const found = [...document.querySelectorAll("iframe")].map(frame => {{
    const page = frame.contentDocument, root = page.documentElement;
    page.querySelectorAll("details").forEach(details => details.open = true);
    const clipped = [...page.querySelectorAll("body *")].filter(element =>
      element.getBoundingClientRect().right > root.clientWidth + 1
      && !element.closest(".scroll") && !element.closest("svg") && !element.closest(".visually-hidden"));
    return {{
      width: root.clientWidth,
      needed: root.scrollWidth,
      height: root.scrollHeight,
      beyond: clipped.map(element => element.tagName + "." + element.getAttribute("class")).slice(0, 5),
      broken: [...page.images].filter(image => image.complete && !image.naturalWidth).length,
      images: page.images.length,
      text: page.body.innerText.length,
    }};
  }});
  document.getElementById("found").textContent = JSON.stringify(found);
}});
</script>"""


@dataclass(frozen=True)
class Layout:
    """A page at one width, all folds open.

    Attributes:
        width, needed: the frame's inner width and that of its content, CSS pixels.
        beyond: elements that end to the right of the frame.
        broken, images: pictures that could not be shown, of how many.
        text: characters that are visible.
    """

    width: int
    needed: int
    height: int
    beyond: list[str]
    broken: int
    images: int
    text: int


def run(folder: Path, page: Path, *options: str) -> tuple[str, list[str]]:
    """Load `page` in headless Chromium: (standard output, lines of the browser's console)."""
    assert BROWSER is not None
    done = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--allow-file-access-from-files",
            "--enable-logging=stderr",
            f"--user-data-dir={folder / 'profile'}",
            *options,
            page.resolve().as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def measure(folder: Path, page: Path, *widths: int) -> tuple[list[Layout], list[str]]:
    """The page's layout at these widths, and the browser's console."""
    frames = "".join(
        f'<iframe src="{page.resolve().as_uri()}" style="width:{width}px;height:844px;border:0"></iframe>'
        for width in widths
    )
    harness = folder / "harness.html"
    harness.write_text(_HARNESS.format(frames=frames), encoding="utf-8")
    text, console = run(folder, harness, "--dump-dom", "--virtual-time-budget=10000", "--window-size=2400,1200")
    match = re.search(r'<pre id="found">(.*?)</pre>', text, re.DOTALL)
    assert match, text[-500:]
    return [Layout(**each) for each in json.loads(unescape(match[1]))], console
