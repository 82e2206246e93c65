"""The portal's shell: a frame around every page, components, and the house's words in templates."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory, override_settings
from django.urls import path
from django.utils import translation

from minett.kernel.quantities import Quantity
from minett.policy.states import TABLES, CommandNotInTable
from minett.web import context, pages
from minett.web.templatetags import house, house_tones
from tests.web.frame import PERSON, answer, asked, shell_urls, well_formed

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATES = Path(context.__file__).parent / "templates"


def template_files() -> list[str]:
    return sorted(file.relative_to(TEMPLATES).as_posix() for file in TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("name", template_files())
def test_every_template_compiles_and_brings_no_script_or_style_of_its_own(name):
    engines["django"].get_template(name)
    words = (TEMPLATES / name).read_text()
    assert not re.search(r"\sstyle=|<style|\son[a-z]+=|https?://(?!www\.w3\.org)", words)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", words)


def page(template: str, request: Any, values: dict[str, object] | None = None) -> str:
    return render_to_string(template, values or {}, request=request)


@pytest.mark.usefixtures("no_pack")
def test_the_frame_for_a_visitor():
    with override_settings(ROOT_URLCONF=shell_urls()):
        html = page("404.html", asked("/catalogue/x/"))
    assert well_formed(html)
    assert '<html lang="en">' in html
    assert html.index('class="skip" href="#main"') < html.index("<header")
    assert "Test factory" in html
    assert '<a href="/catalogue/" aria-current="true">' in html
    assert "/desk/" not in html
    assert "it is not an official service of the organisations it names" in html
    assert html.count('name="language"') == 8


@pytest.mark.usefixtures("no_pack")
def test_the_frame_for_a_person_with_a_theme():
    with override_settings(ROOT_URLCONF=shell_urls()):
        html = page("404.html", asked("/desk/", PERSON, minett_theme="dark"))
    assert 'data-theme="dark"' in html
    assert '<a href="/desk/" aria-current="page">' in html
    assert "Sign out" in html
    assert "Anna Weber" in html


@pytest.mark.usefixtures("no_pack")
def test_the_frame_speaks_the_language_of_the_page():
    with override_settings(ROOT_URLCONF=shell_urls()), translation.override("lb"):
        assert '<html lang="lb">' in page("404.html", asked())


def test_the_page_for_the_unforeseen_stands_alone():
    html = render_to_string("500.html")
    assert well_formed(html)
    assert {"fr", "de", "lb"} <= set(re.findall(r'lang="(\w+)"', html))


@pytest.mark.parametrize("given", ["", "dark", "light"])
def test_the_theme_button_goes_round(given):
    assert context.next_theme(context.next_theme(context.next_theme(given))) == given


@pytest.mark.parametrize(
    ("theme", "back", "kept", "goes"),
    [
        ("dark", "/data/?q=1", "dark", "/data/?q=1"),
        ("neon", "/data/", "", "/data/"),
        ("light", "https://elsewhere.example/", "light", "/"),
        ("", "//elsewhere.example", "", "/"),
    ],
)
def test_switching_the_theme(theme, back, kept, goes):
    response = context.switch_theme(RequestFactory().post("/theme/", {"theme": theme, "next": back}))
    assert response["Location"] == goes
    assert response.cookies[context.THEME_COOKIE].value == kept


def test_the_theme_is_not_switched_by_a_link():
    assert context.switch_theme(RequestFactory().get("/theme/")).status_code == 405


@pytest.mark.parametrize(("noun", "state"), [(t.noun, state) for t in TABLES for state in t.standings])
def test_every_state_has_a_look_and_a_word(noun, state):
    assert house_tones.look(noun, state) is not house_tones.UNKNOWN
    html = render_to_string("components/badge.html", {"noun": noun, "state": state})
    assert "<svg" in html
    assert house.state_label(noun, state) in html


def test_no_look_without_a_state():
    assert {t.noun: set(t.standings) for t in TABLES} == {noun: set(looks) for noun, looks in house_tones.LOOKS.items()}


def test_the_holder_line_takes_its_words_from_the_table():
    html = render_to_string(
        "components/holder.html",
        {"noun": "case", "state": "new", "promised_on": date(2026, 3, 4), "late": True, "promised_by": "A <b>"},
    )
    assert well_formed(html)
    assert "the front desk" in html
    assert "An adviser takes the case." in html
    assert '<time datetime="2026-03-04">4 March 2026</time> · late' in html
    assert "A &lt;b&gt;" in html


def test_the_table_escapes_and_labels_its_cells():
    rows = [[pages.Cell("<i>", url="/x/"), pages.Cell(noun="job", state="failed")]]
    html = render_to_string(
        "components/table.html",
        {"caption": "Jobs", "headings": [pages.Heading("Job"), pages.Heading("State")], "rows": rows},
        request=asked("/jobs/?q=a"),
    )
    assert well_formed(html)
    assert '<a href="/x/">&lt;i&gt;</a>' in html
    assert 'data-label="State"' in html
    assert "Failed" in html
    assert "pager" not in html


def test_the_pager_keeps_the_filters():
    html = render_to_string("components/pager.html", {"next_cursor": "n2"}, request=asked("/jobs/?q=a&cursor=n1"))
    assert 'href="?q=a&amp;cursor=n2"' in html
    assert 'href="?q=a"' in html


def test_the_field_ties_help_and_error_to_its_control():
    class Form(forms.Form):
        name = forms.CharField(help_text="As in the register.")
        ways = forms.ChoiceField(choices=[("a", "A")], widget=forms.RadioSelect, required=False)
        sure = forms.BooleanField(help_text="It is recorded.")

    form = Form({})
    form.is_valid()
    html = "".join(render_to_string("components/field.html", {"field": field}) for field in form)
    ids = set(re.findall(r'id="([^"]+)"', html))
    assert set(" ".join(re.findall(r'aria-describedby="([^"]+)"', html)).split()) <= ids
    assert {"id_name_helptext", "id_name_error", "id_sure_helptext"} <= ids
    assert 'aria-invalid="true"' in html
    assert well_formed(html)


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("timeline", {"entries": [{"title": "T", "at": NEW_YEAR, "internal": True}]}, "internal"),
        ("facts", {"facts": [("Staff", None), ("Name", "<b>")]}, "not known"),
        ("path", {"steps": [{"title": "Data", "mark": "first"}]}, "Do this first"),
        ("path", {"steps": [{"title": "Money", "mark": "not-yet"}]}, "Do not start yet"),
        ("confidence", {"share": Decimal("0.65")}, "fairly sure"),
        ("stat", {"value": "12 %", "point": 12, "low": 8, "high": 16, "scale_low": 0, "scale_high": 20}, 'cx="180.0"'),
        ("notice", {"words": "W", "tone": "bad"}, 'role="alert"'),
        ("empty", {"title": "T", "words": "W", "url": "/", "action": "Go"}, 'href="/"'),
        ("offer", {"as_of": date(2026, 1, 2)}, "price not published"),
        ("log", {"lines": ["<script>"]}, "&lt;script&gt;"),
        ("skeleton", {}, "Loading"),
        ("steps", {"steps": [{"label": "Q", "state": "done"}, {"label": "R", "state": "here"}]}, 'aria-current="step"'),
        ("tabs", {"tabs": [{"label": "A", "url": "/a/", "current": True}]}, 'aria-current="page"'),
        ("crumbs", {"crumbs": [("A", "/a/")]}, "/a/"),
    ],
)  # fmt: skip
def test_components_are_whole(name, values, words):
    html = render_to_string(f"components/{name}.html", values)
    assert words in html
    assert well_formed(html)


def test_texts_say_when_another_language_is_served():
    with translation.override("fr"):
        assert house.text({"fr": "données", "en": "data"}) == "données"
        assert house.text({"en": "<data>"}) == '<span lang="en">&lt;data&gt;</span>'
        assert house.plain_text({"en": "<data>"}) == "<data>"


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (Quantity.of("1234.50", "node-hour"), "", "1,234.5\u00a0node-hours"),
        (Quantity.of(1, "GPU-hour"), "", "1\u00a0GPU-hour"),
        (1_000_000, "EUR", "1,000,000\u00a0EUR"),
        (Decimal("0.005"), "%", "0\u00a0%"),
        (None, "EUR", "not known"),
    ],
)
def test_amounts_carry_their_unit(value, unit, words):
    assert house.quantity(value, unit) == words


def test_days_and_moments():
    assert house.day(date(2026, 3, 4)) == '<time datetime="2026-03-04">4 March 2026</time>'
    with translation.override("de"):
        assert "4. März 2026" in house.day(date(2026, 3, 4))
    assert "5 March 2026, 00:30 (CET)" in house.moment(datetime(2026, 3, 4, 23, 30, tzinfo=UTC))


def test_commands_are_named_by_the_table():
    assert house.command_label("case", "new", "take") == "Take the case"
    with pytest.raises(CommandNotInTable):
        house.command_label("case", "closed", "take")


def test_the_address_of_a_command():
    urls = type("Urls", (), {"urlpatterns": [path("cases/<int:pk>/<slug:command>/", answer, name="case-do")]})
    with override_settings(ROOT_URLCONF=urls):
        assert house.action_url("case", 7, "take") == "/cases/7/take/"
