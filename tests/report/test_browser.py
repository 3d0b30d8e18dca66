"""The report as a browser shows it: whole, quiet, and no wider than the screen."""

import dataclasses
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from s1r_imaging.report import report_html
from tests.report.browser import Browser, Page
from tests.report.scene import CONDITIONS, HOSTILE, made_up_experiment

WIDTHS = (1400, 375)
PICTURES = "[...document.images].map(i => [i.complete, i.naturalWidth, i.clientWidth, i.clientHeight])"
# What sticks out of the page, other than what scrolls in a box of its own.
STICKS_OUT = """[...document.querySelectorAll('body *')].filter(
    e => !e.closest('.scroll') && !e.closest('pre') && e.getBoundingClientRect().right > innerWidth + 1
).map(e => e.tagName + ' ' + e.className)"""
SMALLEST = """Math.min(...[...document.querySelectorAll('body p, body li, body td, body th, body dd')].map(
    e => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.fixture(scope="module")
def opened(browser: Browser, page: str, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page, encoding="utf-8")
    return browser.open(path.as_uri())


@pytest.fixture
def server() -> Iterator[str]:
    """A host that answers everything."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as made:
        thread = Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def check(page: Page) -> None:
    assert page.complaints == []
    assert [request for request in page.requests if not request.startswith(("file:", "data:image/"))] == []
    for width in WIDTHS:
        page.resize(width)
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(STICKS_OUT) == []


def test_the_browser_notices_what_must_not_be(browser: Browser, server: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(f"<p style='width: 2000px'>wide</p><img src='{server}/x.png'><script>no()</script>")
    page = browser.open(path.as_uri())
    assert any("no is not defined" in complaint for complaint in page.complaints)
    assert f"{server}/x.png" in page.requests
    assert page.evaluate(PICTURES)[0][1] == 0
    page.resize(375)
    assert page.evaluate(STICKS_OUT) == ["P "]


def test_it_is_quiet_asks_nobody_and_fits_the_screen(opened: Page) -> None:
    check(opened)


def test_every_picture_is_drawn(opened: Page) -> None:
    opened.resize(1400)
    pictures = opened.evaluate(PICTURES)
    assert len(pictures) >= 15
    for complete, natural_width, width, height in pictures:
        assert complete
        assert natural_width >= 300
        assert min(width, height) >= 100


@pytest.mark.parametrize("width", WIDTHS)
def test_text_is_large_enough_to_read(opened: Page, width: int) -> None:
    opened.resize(width)
    assert opened.evaluate(SMALLEST) >= 13


def test_boxes_that_scroll_have_a_name_and_take_the_keyboard(opened: Page) -> None:
    boxes = "[...document.querySelectorAll('.scroll')].map(e => [e.tabIndex, e.getAttribute('aria-label')])"
    found = opened.evaluate(boxes)
    assert found
    assert all(index == 0 and label for index, label in found)


def test_contents_lead_to_every_section(opened: Page) -> None:
    links = opened.evaluate("[...document.querySelectorAll('nav a')].map(e => e.getAttribute('href').slice(1))")
    sections = opened.evaluate("[...document.querySelectorAll('main > section')].map(e => e.id)")
    assert links == sections


def test_it_prints_on_pages(opened: Page, tmp_path: Path) -> None:
    opened.print_to_pdf(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")


def test_long_names_and_many_recordings_fit_too(browser: Browser, tmp_path: Path) -> None:
    names = dict(zip(HOSTILE[2:6], CONDITIONS.values(), strict=True))
    experiment = made_up_experiment(names=names, name="W" * 200, n_days=15, n_cells=8)
    experiment = dataclasses.replace(
        experiment, recordings=experiment.recordings.assign(message="x" * 300 + " " + HOSTILE[0])
    )
    path = tmp_path / "report.html"
    path.write_text(report_html(experiment), encoding="utf-8")
    page = browser.open(path.as_uri())
    assert page.evaluate("document.querySelectorAll('.card').length") == 59
    check(page)
