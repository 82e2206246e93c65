"""What every page owes to everybody: a small screen, no script, a slow line, a keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from minett.journeys.demo_people import mail_of
from minett.journeys.demo_plan import TOO_MUCH_PASSES
from tests.browser.house import House
from tests.browser.person import Notes, Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OPEN_TO_ALL = ("/", "/?example=1", "/data/", "/network/", "/accounts/login/", "/accounts/password/reset/")
CATALOGUE = ("", "usecases/", "usecases/cyb-phish/", "partners/", "services/", "schemes/", "calls/")
OF_THE_MANAGER = ("/cases/", "/requests/", "/grants/", "/allocations/", "/jobs/", "/models/", "/ledger/", "/ledger/1/")
OF_ONESELF = ("/account/", "/account/tokens/", "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/")
FIRST_PAGE_BYTES = 100_000
MOST_STOPS = 60
SPOIL = """() => { const add = (name, words) => Object.assign(document.querySelector('main').appendChild(
document.createElement(name)), words);
add('img', {width: 400, height: 8, src: '/static/minett/mark.svg'});
add('p', {textContent: 'Hardly to be read'}).style.color = '#eee';
add('p', {textContent: 'x'.repeat(90)}).style.whiteSpace = 'pre';
add('script', {textContent: '1'}) }"""
FOCUS = """() => { const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
return {name: one.tagName + ' ' + (one.innerText || one.name || '').trim().slice(0, 40), isBody: one === document.body,
ring: look.outlineStyle === 'none' ? 0 : parseFloat(look.outlineWidth), onPage: box.bottom > 0 && box.width > 0,
text: one.tagName === 'TEXTAREA'} }"""

Comes = Callable[..., Person]


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def comes(chromium: Browser, house: House, notes: Notes) -> Iterator[Comes]:
    """Return a function that lets somebody come with a browser of her own."""
    people: list[Person] = []

    def come(part: str, **options: Any) -> Person:
        people.append(Person(chromium, house, notes, part, **options))
        return people[-1]

    yield come
    for person in people:
        person.close()


def _nothing_wrong(notes: Notes) -> None:
    assert notes.faults == [], "\n".join(["faults:", *notes.faults])
    assert notes.barriers == [], "\n".join(["barriers:", *notes.barriers])


def test_what_is_wrong_with_a_page_is_noted(comes, notes):
    """Spoil a page in each of the ways that the other tests rely on being told of."""
    visitor = comes("visitor")
    visitor.page.goto("/no/such/page/")
    visitor.page.goto("/accounts/login/")
    visitor.page.evaluate(SPOIL)
    visitor.look()
    told = "\n".join([*notes.barriers, *notes.faults])
    for wrong in ("image-alt", "color-contrast", "320: scrolls sideways", "policy: script-src", "404"):
        assert wrong in told, (wrong, told)


def test_the_pages_that_are_open_to_all_keep_nobody_out(comes, notes):
    visitor = comes("visitor", locale="de-DE")
    for path in (*OPEN_TO_ALL, *(f"/catalogue/{rest}" for rest in CATALOGUE)):
        visitor.open(path)
    _nothing_wrong(notes)


def test_the_lists_keep_nobody_out(comes, notes):
    manager = comes("manager")
    manager.sign_in(by_english=False)
    for path in OF_THE_MANAGER + OF_ONESELF:
        manager.open(path)
    _nothing_wrong(notes)


def test_the_first_page_is_light(comes):
    page, answers = comes("visitor").page, dict[str, Response]()

    def note(answer: Response) -> None:
        answers[answer.url] = answer

    page.on("response", note)
    page.goto("/", wait_until="networkidle")
    weights = {url: len(answer.body()) for url, answer in answers.items()}
    assert len(weights) >= 3, weights
    assert sum(weights.values()) < FIRST_PAGE_BYTES, weights


def test_the_first_steps_work_without_script(comes, notes):
    visitor = comes("visitor", java_script_enabled=False)
    page = visitor.open("/")
    visitor.fill(visitor.form("/needs/"), need=TOO_MUCH_PASSES)
    visitor.press(visitor.form("/needs/").locator("button"))
    assert page.locator("mark").count() > 0
    visitor.fill(visitor.form("/keep/"), email=mail_of("founder"))
    visitor.press(visitor.form("/keep/").locator("button"))
    number = page.locator("h1").inner_text()
    assert re.fullmatch(r"\d{4}-\d+", number), number

    adviser = comes("adviser", java_script_enabled=False)
    adviser.sign_in()
    page = adviser.page
    adviser.press(page.get_by_role("row").filter(has_text=number).get_by_role("link").first)
    assert number in page.locator(".crumbs").inner_text()
    assert page.locator("ol.timeline > li").count() >= 1
    _nothing_wrong(notes)


def test_the_keyboard_begins_at_the_skip_link(comes):
    page = comes("visitor").open("/")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def _stops(page: Page) -> Iterator[dict[str, Any]]:
    """Yield where the keyboard stops, until it has left the page."""
    for _stop in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["isBody"]:
            return
        yield stop
    pytest.fail(f"the keyboard does not come out of the page after {MOST_STOPS} stops")


def test_the_keyboard_goes_through_the_first_page_and_is_always_seen(comes):
    stops = list(_stops(comes("visitor").open("/")))
    assert [stop["name"] for stop in stops if stop["ring"] < 2 or not stop["onPage"]] == []
    assert sum(stop["text"] for stop in stops) == 1, stops


def test_a_plan_is_reached_by_keyboard_alone(comes, notes):
    page = comes("visitor").open("/")
    assert any(stop["text"] for stop in _stops(page))
    page.keyboard.type("We sort reported phishing mails by hand.")
    with page.expect_navigation():
        for _stop in range(MOST_STOPS):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('form#need button')"):
                page.keyboard.press("Enter")
                break
    assert page.locator("blockquote.need-words").inner_text().startswith("We sort")
    _nothing_wrong(notes)
