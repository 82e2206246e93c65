"""A person at a browser of her own, and what is noted on every page she looks at.

Looking at a page means: the accessibility rules at 1440 px in light colours and at 390 px in dark ones, and no
scrolling sideways at 320 px. Console, network and content policy are watched all the time.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Literal

from playwright.sync_api import APIResponse, Browser, ConsoleMessage, Locator, Page, Request, Response

from minett.journeys.demo_people import mail_of
from tests.browser.house import House

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1440, "light"), (390, "dark"))
NARROW = 320
HEIGHT = 900
LONGEST_WAIT_SECONDS = 60
# What is folded away is part of the page too.
UNFOLD = "document.querySelectorAll('details').forEach(one => { one.open = true })"
CHECK = """tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})
.then(found => found.violations.map(one => [one.id, one.impact,
one.nodes.map(node => node.target.join(' ') + ' :: ' + (node.any[0] || node.all[0] || node.none[0] || {}).message)]))"""
# The words that stand out of the page are named, since a long word may leave a box that does not.
SIDEWAYS = """() => { const page = document.documentElement, out = [], width = page.clientWidth;
if (page.scrollWidth <= width) return out;
const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), range = document.createRange();
while (words.nextNode()) { range.selectNodeContents(words.currentNode);
if (range.getBoundingClientRect().right > width + 0.5) out.push(words.currentNode.textContent.trim().slice(0, 40)) }
return [`${page.scrollWidth} px`, ...out] }"""
TELL_POLICY = """addEventListener('securitypolicyviolation', event =>
console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))"""


@dataclass
class Notes:
    """What was wrong, on which page. Both lists are empty in a good house."""

    barriers: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)


class Person:
    """`part` is a part of the demonstration's cast, or "visitor" for somebody without an account."""

    def __init__(self, browser: Browser, house: House, notes: Notes, part: str, **options: Any) -> None:
        self.part, self.house, self.notes = part, house, notes
        self.scripts = options.get("java_script_enabled", True)
        options = {"locale": "en-GB", "reduced_motion": "reduce", "viewport": _viewport(LOOKS[0][0])} | options
        self.context = browser.new_context(base_url=house.url, **options)
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(TELL_POLICY)
        self.page: Page = self.context.new_page()
        self._watch()

    def close(self) -> None:
        self.context.close()

    def _watch(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._fault(f"script: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def _fault(self, words: str) -> None:
        self.notes.faults.append(f"{self.part} at {self.page.url}: {words}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._fault(message.text)

    def _on_failed(self, request: Request) -> None:
        # Who leaves a page that renews a part of itself may break off a question of that part.
        if not (request.failure == "net::ERR_ABORTED" and request.headers.get("hx-request")):
            self._fault(f"{request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if not response.ok and not 300 <= response.status < 400:
            self._fault(f"{response.status} {response.url}")

    def sign_in(self, *, by_english: bool = True) -> None:
        """Sign in by mail and password; `by_english` uses the language switch first, as anybody may."""
        self.open("/accounts/login/")
        if by_english:
            self.press(self.page.locator(".languages button[value=en]").first)
        form = self.form("/accounts/login/")
        self.fill(form, login=mail_of(self.part), password=self.house.password)
        self.press(form.locator("button"))
        assert self.path == "/desk/", self.path
        self.look()

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.house.url).partition("#")[0]

    def open(self, path: str) -> Page:
        self.page.goto(path)
        self.look()
        return self.page

    def form(self, action: str) -> Locator:
        """Return the form that posts to an address with this end."""
        return self.page.locator(f'main form[action$="{action}"]')

    def fill(self, form: Locator, **values: Any) -> None:
        """Fill fields by their names; a list ticks several boxes, True ticks the only one."""
        for name, value in values.items():
            _fill(form.locator(f'[name="{name}"]'), value)

    def press(self, button: Locator) -> None:
        """Press what leads to another page, and wait for it."""
        with self.page.expect_navigation():
            button.click()

    def follow(self, button: Locator) -> Page:
        self.press(button)
        self.look()
        return self.page

    def until(self, ready: Callable[[Page], bool]) -> Page:
        """Reload the page until it is ready, then look at it."""
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while not ready(self.page):
            assert time.monotonic() < end, f"{self.path} waits too long: {self.page.locator('main').inner_text()[:600]}"
            self.page.wait_for_timeout(250)
            self.page.reload()
        self.look()
        return self.page

    def fetch(self, path: str, kind: str) -> APIResponse:
        """Download a file, asking again while the page says that it is still being made."""
        end = time.monotonic() + LONGEST_WAIT_SECONDS
        while True:
            answer = self.context.request.get(path)
            assert answer.ok, f"{answer.status} {path}"
            if answer.headers["content-type"].startswith(kind):
                return answer
            assert time.monotonic() < end, f"{path} is not made in time"
            self.page.wait_for_timeout(250)

    def look(self) -> None:
        """Note what keeps somebody from using this page. A browser without script is not looked at."""
        self.page.wait_for_load_state()
        if not self.scripts:
            return
        self.notes.pages.append(self.path)
        self.page.evaluate(UNFOLD)
        self.page.evaluate(AXE)
        for width, colours in LOOKS:
            self.page.set_viewport_size(_viewport(width))
            self.page.emulate_media(color_scheme=colours)
            for rule, impact, nodes in self.page.evaluate(CHECK, list(RULES)):
                self.notes.barriers += [f"{self._here} {width} {colours}: {rule} ({impact}): {node}" for node in nodes]
        self.page.set_viewport_size(_viewport(NARROW))
        if wide := self.page.evaluate(SIDEWAYS):
            self.notes.barriers.append(f"{self._here} {NARROW}: scrolls sideways: {', '.join(wide[:8])}")
        self.page.set_viewport_size(_viewport(LOOKS[0][0]))
        self.page.emulate_media(color_scheme="light")

    @property
    def _here(self) -> str:
        """The page's address, without the secret of a plan, as the reader of a report knows it."""
        return f"{self.part} {re.sub(r'/needs/[^/]{8,}/', '/needs/…/', self.path)}"


def _viewport(width: int) -> Any:
    return {"width": width, "height": HEIGHT}


def _fill(fields: Locator, value: Any) -> None:
    kind = fields.first.evaluate("one => one.type || one.tagName")
    if value is True:
        fields.check()
    elif kind in {"radio", "checkbox"}:
        for one in value if isinstance(value, list) else [value]:
            fields.and_(fields.page.locator(f'[value="{one}"]')).check()
    elif kind == "select-one":
        fields.select_option(value)
    elif kind == "file":
        fields.set_input_files(value)
    else:
        fields.fill(str(value))
