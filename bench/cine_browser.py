"""A cine in a real browser: time to the first painted frame, dropped frames, memory of the page.

    python -m bench.cine_browser [--frames 300]

A DICOM file of 1024 × 768 px in JPEG, 20 frames per second, on a running site. The page is loaded
with an empty cache, again with a warm one, and opened by a click in the worklist. When opened by
address, `painted` is when the browser reports that it painted the picture that is in the page
before its scripts are loaded (Largest Contentful Paint), and `within` is when the page's canvas is
no longer dark; after a click, only the latter counts. Then the cine plays once at its native rate.
Frames are dropped if the screen was too late for them; if a picture was late the clock waited,
which shows in the time taken. Memory is the resident size of the browser's process for that page.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import time

import httpx
import psutil
from playwright.sync_api import Page, sync_playwright

from bench.site import Site, site
from tests.cines import cine_dicom, cine_frames
from tests.e2e.conftest import FLAGS

EMAIL = "bench@example.org"
HEIGHT, WIDTH = 768, 1024
FIRST_PAINT = """() => {
  window.painted = window.within = null;
  new PerformanceObserver((list) => {
    const poster = list.getEntries().find((one) => one.url.endsWith('/poster'));
    if (poster) window.painted ??= poster.renderTime || poster.loadTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  const shows = (selector) => {
    const canvas = document.querySelector(selector);
    if (!canvas || canvas.width <= 64) return false;
    const at = [Math.round(canvas.width / 2) - 16, Math.round(canvas.height / 2) - 16];
    const { data } = canvas.getContext('2d').getImageData(...at, 32, 32);
    return data.some((value, at) => at % 4 < 3 && value > 40);
  };
  const look = () => {
    if (shows('section[aria-label="Image"] canvas[role=img]')) window.within = performance.now();
    if (!window.within) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""Sets `painted`, from the page's picture, and `within`, from its canvas, to the ms since the page
was requested.
"""
CLICKED = "document.addEventListener('pointerdown', () => { clicked = performance.now(); }, true)"
PLAYER = """() => {
  const canvas = document.querySelector('section[aria-label="Image"] canvas[role=img]');
  let fiber = canvas[Object.keys(canvas).find((name) => name.startsWith('__reactFiber$'))];
  while (fiber.return) fiber = fiber.return;
  const open = [fiber.stateNode.current];
  while (open.length > 0) {
    const one = open.pop();
    const player = one.memoizedProps?.cine?.player;
    if (player) {
      window.player = player;
      return true;
    }
    if (one.sibling) open.push(one.sibling);
    if (one.child) open.push(one.child);
  }
  return false;
}"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=300)
    count = parser.parse_args().frames
    chromium = os.environ.get("SONOLOOP_CHROMIUM") or shutil.which("chromium")
    password = secrets.token_urlsafe()
    with site(admin_email=EMAIL, admin_password=password) as product:
        image = _stored(product, cine_dicom(cine_frames(count, HEIGHT, WIDTH)[0], "jpeg"))
        print(f"{count} frames of {WIDTH} × {HEIGHT} px, load {os.getloadavg()[0]:.1f}")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.set_default_timeout(120_000)
            context.request.post(
                f"{product.url}/session",
                data={"email": EMAIL, "password": password},
                headers={"Origin": product.url},
            )
            for what in ("empty", "warm"):
                page = context.new_page()
                page.add_init_script(f"({FIRST_PAINT})()")
                page.goto(f"{product.url}/ui/images/{image}")
                page.wait_for_function("() => window.within")
                page.wait_for_timeout(1000)  # the browser reports a paint slightly later
                # If the page was ready first, it removed the picture before it was seen.
                painted, within = page.evaluate("() => [painted ?? within, within]")
                print(f"first frame painted, {what} cache: {painted:.0f} ms", end="")
                print(f"; in its page: {within:.0f} ms")
                page.close()
            page = context.new_page()
            page.goto(f"{product.url}/ui/worklist")
            link = page.locator(f'a[href*="{image}"]').first
            link.wait_for()
            # The least time that somebody needs to find the image.
            page.wait_for_timeout(3000)
            page.evaluate(CLICKED)
            page.evaluate(FIRST_PAINT)
            link.click()
            page.wait_for_function("() => window.within")
            painted = page.evaluate("() => within - clicked")
            print(f"first frame painted after a click in the worklist: {painted:.0f} ms")
            _play(page, count)
            browser.close()


def _stored(product: Site, data: bytes) -> str:
    """Wait until the whole image is stored; return its id."""
    with httpx.Client(base_url=product.url, headers=product.headers, timeout=120) as client:
        sent = client.post(
            "/segment?wait=0", content=data, headers={"Content-Type": "application/dicom"}
        )
        sent.raise_for_status()
        deadline = time.monotonic() + 1200
        while time.monotonic() < deadline:
            job = client.get(f"/jobs/{sent.json()['id']}").json()
            if job.get("problem"):
                raise RuntimeError(job["problem"]["detail"])
            if job.get("image_id") and job["state"] == "done":
                return str(job["image_id"])
            time.sleep(0.5)
    raise RuntimeError("the cine was not stored in time")


def _play(page: Page, count: int) -> None:
    page.wait_for_function(PLAYER)
    before, used = _renderer()
    page.evaluate("() => { player.seen.shown = 0; player.seen.dropped = 0; }")
    started = time.monotonic()
    page.keyboard.press("r")
    most = before
    while page.evaluate("() => player.seen.shown + player.seen.dropped") < count:
        most = max(most, _renderer()[0])
        page.wait_for_timeout(250)
        if time.monotonic() - started > 600:
            break
    took = time.monotonic() - started
    seen = page.evaluate("() => player.seen")
    used = _renderer()[1] - used
    dropped = 100 * seen["dropped"] / max(1, seen["shown"] + seen["dropped"])
    print(
        f"played at its native rate: {seen['dropped']} frames dropped ({dropped:.1f} %), ", end=""
    )
    print(f"{took:.1f} s for {count / 20:.1f} s")
    print(f"processor time of the page: {1000 * used / max(1, seen['shown']):.0f} ms a frame shown")
    print(f"memory of the page: {before / 2**20:.0f} MiB before, {most / 2**20:.0f} MiB at most")


def _renderer() -> tuple[int, float]:
    """Resident bytes and processor seconds of the browser's largest process that draws a page."""
    found = [(0, 0.0)]
    for one in psutil.Process().children(recursive=True):
        try:
            if "--type=renderer" in one.cmdline():
                found.append((one.memory_info().rss, sum(one.cpu_times()[:2])))
        except psutil.Error:
            continue
    return max(found)


if __name__ == "__main__":
    main()
