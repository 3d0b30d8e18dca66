from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from s1r_imaging.report.markup import Html, data_uri, element, escape, join

TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


class Reader(HTMLParser):
    """Reads back what a browser would."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=TURNING)))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    page = read(element("p", text, title=text))
    assert page.tags == ["p"]
    assert page.text == text
    assert page.attributes == {"title": text}


@given(st.text())
def test_any_text_can_be_written(text: str) -> None:
    assert escape(text).encode("utf-8").decode("utf-8") == escape(text)


def test_markup_is_not_escaped_twice() -> None:
    assert element("p", element("b", "<")) == "<p><b>&lt;</b></p>"
    assert join("<", Html("<br>")) == "&lt;<br>"


def test_what_a_file_name_may_hold_but_a_page_may_not_is_replaced() -> None:
    assert escape("dish\x00\udcff\x1b[31m.tif") == "dish\ufffd\ufffd\ufffd[31m.tif"


@pytest.mark.parametrize("mark", TURNING)
def test_no_name_turns_round_the_numbers_after_it(mark: str) -> None:
    assert escape(f"ATP{mark} 12") == "ATP\ufffd 12"


def test_attributes_that_are_none_are_left_out() -> None:
    assert element("td", 1, class_=None, aria_label="one") == '<td aria-label="one">1</td>'


def test_a_picture_becomes_an_address() -> None:
    assert data_uri(b"abc", "png") == "data:image/png;base64,YWJj"
