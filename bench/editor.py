"""The editor's cost in a real browser at tablet size, and whether it draws correctly.

    python -m bench.editor

All input goes through the browser, on a running site with synthetic images of 800 × 600 px:

- Strokes: a zigzag of the brush, with 250 pointer events per second. The cost of a frame is all
  work of the page's main thread between two animation frames (input, drawing, React, style, paint),
  summed from Chromium's trace; also its part in `Stage.draw`, and the intervals between animation
  frames.
- Next image: from the key press to the end of the frame in which the next image's outline was
  drawn, after the page has had a second to preload it.
- First load: gzipped size of every script loaded until the page was usable, and including those
  that it preloads for the next one.
- Redraws: strokes draw only what changed; redrawing the whole canvas must give the same pixels. The
  browser smooths the edge of a slanted line slightly differently if the line is part of a shorter
  path, so below six screen pixels per image pixel, a pixel counts as changed only from 48 of 255
  levels on; above that, contours run along pixel edges, and every difference counts.
"""

import asyncio
import base64
import gzip
import json
import math
import secrets
import shutil
import statistics
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import click
import httpx
import numpy as np
import psutil
from numpy.typing import NDArray
from playwright.async_api import (
    Browser,
    BrowserContext,
    CDPSession,
    FloatRect,
    Page,
    ViewportSize,
    async_playwright,
)

from bench.site import Site, site
from tests.e2e.conftest import FLAGS
from tests.e2e.image_page import FIND_EDITOR, READ_CANVAS
from tests.synthetic import png_bytes, ultrasound

EMAIL = "bench@example.org"
VIEWPORT: ViewportSize = {"width": 1024, "height": 768}
WIDTH, HEIGHT = 800, 600
EVENTS_PER_SECOND = 250
SETTLE_SECONDS = 3
RADII = (10, 40)
SMOOTHED_LEVELS = 48
TRACE = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]
TRACE += ["blink.user_timing"]
FRAME_MARK = "bench-frame"
TASK_NAMES = ("ThreadControllerImpl::RunTask",)

SPY = f"""() => {{ {FIND_EDITOR}
  const stage = props.ref.current;
  const own = Object.getPrototypeOf(stage);
  const spy = {{ draws: [], shares: [], frames: [], key: 0, editor: props.editor, painted: null }};
  window.spy = spy;
  const draw = own.draw;
  own.draw = function () {{
    const {{ width, height }} = this.canvas;
    if (this.stale) spy.shares.push((this.stale.width * this.stale.height) / (width * height));
    const started = performance.now();
    draw.call(this);
    spy.draws.push(performance.now() - started);
    const lesions = this.layers.find((layer) => typeof layer.turn === 'function');
    if (!lesions || lesions.editor === spy.editor) return;
    spy.editor = lesions.editor;
    if (lesions.editor.extent === null) return;
    const channel = new MessageChannel(); // its task comes after this frame's painting
    channel.port1.onmessage = () => (spy.painted = performance.now() - spy.key);
    channel.port2.postMessage(null);
  }};
  window.addEventListener('keydown', (event) => {{
    if (event.key !== 'j') return;
    spy.key = event.timeStamp;
    spy.painted = null;
  }}, {{ capture: true }});
  const tick = (now) => {{
    spy.frames.push(now);
    performance.mark('{FRAME_MARK}');
    requestAnimationFrame(tick);
  }};
  requestAnimationFrame(tick);
}}"""
SET_BRUSH = f"""(radius) => {{ {FIND_EDITOR}
  props.editor.setTool('brush');
  props.editor.setOptions({{ radius }});
}}"""
REDRAW = f"""() => {{ {FIND_EDITOR}
  props.ref.current.invalidate();
  return new Promise((drawn) => requestAnimationFrame(() => drawn()));
}}"""
NEXT_FRAME = "() => new Promise((drawn) => requestAnimationFrame(() => drawn()))"
CLEAR_SPY = "() => { spy.draws = []; spy.shares = []; spy.frames = []; }"


def upload(product: Site, count: int) -> list[str]:
    """Upload this many new images and return their ids, newest first."""
    ids = []
    with httpx.Client(base_url=product.url, headers=product.headers, timeout=120) as client:
        for seed in range(count):
            scene = ultrasound(HEIGHT, WIDTH, seed, geometry="full")
            answer = client.post("/segment?wait=60", content=png_bytes(scene.pixels))
            answer.raise_for_status()
            ids.append(str(answer.json()["image_id"]))
    return ids[::-1]


@asynccontextmanager
async def signed_in(
    browser: Browser, product: Site, password: str
) -> AsyncIterator[BrowserContext]:
    """A fresh browser profile with a session."""
    context = await browser.new_context(viewport=VIEWPORT)
    context.set_default_timeout(60_000)
    await context.request.post(
        f"{product.url}/session",
        data={"email": EMAIL, "password": password},
        headers={"Origin": product.url},
    )
    yield context
    await context.close()


async def open_image(page: Page, product: Site, image_id: str) -> None:
    """Go to an image and wait until it can be drawn on."""
    await page.goto(f"{product.url}/ui/images/{image_id}?sort=newest")
    await page.get_by_test_id("save-state").wait_for()
    await page.evaluate(SPY)


def zigzag(box: FloatRect, seconds: float) -> Iterator[tuple[float, float]]:
    """Positions of a pointer that moves back and forth over the canvas and slowly down, CSS px."""
    count = int(seconds * EVENTS_PER_SECOND)
    for number in range(count):
        phase = number / EVENTS_PER_SECOND
        x = 0.5 + 0.35 * math.sin(2 * math.pi * phase)
        y = 0.15 + 0.7 * number / count
        yield box["x"] + x * box["width"], box["y"] + y * box["height"]


async def drag(cdp: CDPSession, box: FloatRect, seconds: float) -> None:
    """Draw one stroke in real time: events are sent when due, whether or not answered."""

    def send(kind: str, at: tuple[float, float], buttons: int) -> Any:
        button = "none" if kind == "mouseMoved" and not buttons else "left"
        event = {"type": kind, "x": at[0], "y": at[1], "button": button, "buttons": buttons}
        return cdp.send("Input.dispatchMouseEvent", {**event, "clickCount": 1})

    places = list(zigzag(box, seconds))
    await send("mouseMoved", places[0], 0)
    await send("mousePressed", places[0], 1)
    loop = asyncio.get_running_loop()
    started, under_way = loop.time(), []
    for number, place in enumerate(places):
        wait = started + number / EVENTS_PER_SECOND - loop.time()
        if wait > 0:
            await asyncio.sleep(wait)
        under_way.append(asyncio.ensure_future(send("mouseMoved", place, 1)))
    await asyncio.gather(*under_way)
    await send("mouseReleased", places[-1], 0)


def frame_costs(trace: dict[str, Any]) -> list[dict[str, float]]:
    """Work of the page's main thread in each animation frame, in ms: wall-clock and CPU time."""
    events = trace["traceEvents"]
    marks = [one for one in events if one["name"] == FRAME_MARK]
    thread = (marks[0]["pid"], marks[0]["tid"])
    tasks = [
        (one["ts"], one["dur"], one.get("tdur", 0))
        for one in events
        if one["ph"] == "X" and (one["pid"], one["tid"]) == thread and one["name"] in TASK_NAMES
    ]
    if not tasks:
        raise RuntimeError(f"the trace holds no {TASK_NAMES}; this Chromium names tasks otherwise")
    # A mark is inside its frame's task, so boundaries lie between tasks, not at marks.
    starts = [
        max((ts for ts, dur, _ in tasks if ts <= mark["ts"] <= ts + dur), default=mark["ts"])
        for mark in marks
    ]
    frames = []
    for start, end in pairwise(starts):
        within = [(dur, cpu) for ts, dur, cpu in tasks if start <= ts < end]
        frames.append(
            {"clock": sum(dur for dur, _ in within) / 1000, "cpu": sum(c for _, c in within) / 1000}
        )
    return frames


def spread(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        "p50": round(statistics.median(values), 2),
        "p95": round(statistics.quantiles(values, n=20)[-1], 2),
        "n": len(values),
    }


async def strokes(page: Page, browser: Browser, radius: int, seconds: float) -> dict[str, Any]:
    """Figures of one long stroke with a brush of this radius in px of the image."""
    await page.evaluate(SET_BRUSH, radius)
    canvas = page.locator('section[aria-label="Image"] canvas[role=img]')
    box = await canvas.bounding_box()
    assert box
    cdp = await page.context.new_cdp_session(page)
    await drag(cdp, box, 0.5)  # warm
    await page.evaluate(CLEAR_SPY)
    await browser.start_tracing(page=page, categories=TRACE)
    await drag(cdp, box, seconds)
    trace = json.loads(await browser.stop_tracing())
    spied = await page.evaluate("() => ({ draws: spy.draws, frames: spy.frames })")
    costs = frame_costs(trace)
    return {
        "radius_px": radius,
        "cost_of_frame_ms": spread([one["clock"] for one in costs]),
        "cost_of_frame_cpu_ms": spread([one["cpu"] for one in costs]),
        "of_it_in_draw_ms": spread(spied["draws"]),
        "between_frames_ms": spread([b - a for a, b in pairwise(spied["frames"])]),
    }


async def redraws(page: Page) -> dict[str, dict[str, float]]:
    """Return the pixels that a whole redraw changes after strokes that redrew a part, by zoom."""
    found = {}
    canvas = page.locator('section[aria-label="Image"] canvas[role=img]')
    zooms = (
        ("fitted", "0", SMOOTHED_LEVELS),
        ("one to one", "1", SMOOTHED_LEVELS),
        ("twice that", "+++", SMOOTHED_LEVELS),
        ("eight times", "+++++++", 0),
    )
    for name, keys, ignored in zooms:
        for key in keys:
            await page.keyboard.press(key)
        shares: list[float] = []
        for index, tool in enumerate("pepe"):
            box = await canvas.bounding_box()
            assert box
            x, y = box["x"] + box["width"] * (0.3 + 0.1 * index), box["y"] + box["height"] * 0.4
            await page.keyboard.press(tool)
            await page.mouse.move(x, y)
            await page.evaluate(NEXT_FRAME)
            await page.evaluate(CLEAR_SPY)
            await page.mouse.down()
            await page.mouse.move(x + 50.5, y + 33.25, steps=5)
            await page.mouse.up()
            await page.mouse.move(1, 1)
            await page.evaluate(NEXT_FRAME)
            shares += await page.evaluate("() => spy.shares")
        before = await page.evaluate(READ_CANVAS)
        await page.evaluate(REDRAW)
        after = await page.evaluate(READ_CANVAS)
        found[name] = {
            "largest_share_drawn_by_strokes": round(max(shares), 3),
            **_differing(before["data"], after["data"], ignored),
        }
    return found


def _differing(before: str, after: str, ignored: int) -> dict[str, float]:
    a, b = (_pixels(one).astype(np.int16) for one in (before, after))
    change = np.abs(a - b).max(axis=1)
    return {
        "pixels_changed_by_a_whole_redraw": int((change > ignored).sum()),
        "largest_change_of_255": int(change.max()),
    }


def _pixels(data: str) -> NDArray[np.uint8]:
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(-1, 4)


async def next_images(page: Page, count: int) -> dict[str, float]:
    """Milliseconds from the key to the painted outline of the next image."""
    taken = []
    for _ in range(count):
        await asyncio.sleep(1)
        await page.keyboard.press("j")
        await page.wait_for_function("() => spy.painted !== null")
        taken.append(await page.evaluate("() => spy.painted"))
    return spread(taken)


async def first_load(
    browser: Browser, product: Site, password: str, path: str, usable: str
) -> dict[str, int]:
    """Gzipped bytes of the scripts of a page that is opened for the first time.

    Args:
        usable: selector of an element that exists once the page is usable.
    """
    async with signed_in(browser, product, password) as context:
        page = await context.new_page()
        scripts = []
        page.on(
            "response",
            lambda answer: (
                scripts.append(answer) if answer.request.resource_type == "script" else None
            ),
        )
        await page.goto(f"{product.url}/ui/{path}")
        await page.locator(usable).first.wait_for()
        needed = len(scripts)
        # The page keeps an event stream open, so its network is never idle.
        await asyncio.sleep(SETTLE_SECONDS)
        sizes = [len(gzip.compress(await answer.body())) for answer in scripts]
    return {"until_usable": sum(sizes[:needed]), "with_those_ahead": sum(sizes)}


async def measure(product: Site, password: str, chromium: str, images: int) -> dict[str, Any]:
    """All figures."""
    ids = upload(product, images + 1)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        scripts = {
            name: await first_load(browser, product, password, path, usable)
            for name, path, usable in (
                ("worklist", "worklist", 'a[href*="/ui/images/"]'),
                ("image", f"images/{ids[0]}", "[data-testid=save-state]"),
            )
        }
        async with signed_in(browser, product, password) as context:
            page = await context.new_page()
            await open_image(page, product, ids[0])
            opened = await next_images(page, images)
            drawn = [await strokes(page, browser, radius, 4) for radius in RADII]
            redrawn = await redraws(page)
        await browser.close()
    return {
        "viewport": VIEWPORT,
        "image": {"width": WIDTH, "height": HEIGHT},
        "stroke": drawn,
        "next_image_ms": opened,
        "first_load_scripts_gzip_bytes": scripts,
        "redraws": redrawn,
    }


@click.command()
@click.option("--images", default=20, show_default=True, help="How many to walk through.")
@click.option(
    "--chromium",
    default=shutil.which("chromium"),
    envvar="SONOLOOP_CHROMIUM",
    required=True,
    help="Path of the browser.",
)
@click.option("--json", "target", type=click.Path(path_type=Path), help="Write figures here too.")
def main(images: int, chromium: str, target: Path | None) -> None:
    """Measure; print JSON."""
    password = secrets.token_urlsafe()
    with site(admin_email=EMAIL, admin_password=password) as product:
        load = psutil.getloadavg()[0]
        found = asyncio.run(measure(product, password, chromium, images))
    found = {**found, "load_average_before": round(load, 1)}
    print(json.dumps(found, indent=2))
    if target:
        target.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
