"""What a page is made of, read as a browser would and without one."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self

from arena.pages import assets

VOID = frozenset({"area", "br", "circle", "col", "hr", "img", "input", "line", "link", "meta", "path", "wbr"})

BLOCKS = frozenset({"dd", "div", "dt", "li", "p", "td", "th"})


@dataclass
class Element:
    """An element, its attributes, and all text inside it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""
    inside: list[Self] = field(default_factory=list)


class Page(HTMLParser):
    """A page's elements in order; every end tag must fit."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> says something twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        for around in self._open:
            around.inside.append(element)
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag
        if tag in BLOCKS:
            self.handle_data(" ")

    def handle_data(self, data: str) -> None:
        for around in self._open:
            around.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of this tag with all of these attributes; `class_` and `data_x` as Python can write them."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.elements
            if element.tag == tag and all(_has(element, name, value) for name, value in wanted.items())
        ]

    def one(self, tag: str, **attributes: str) -> Element:
        """The only element of this kind."""
        (element,) = self.all(tag, **attributes)
        return element


def _has(element: Element, name: str, value: str) -> bool:
    had = element.attributes.get(name)
    return had is not None and (value in had.split() if name == "class" else had == value)


def words(element: Element) -> str:
    """The element's text with single spaces."""
    return " ".join(element.text.split())


def assert_well_made(html: str, language: str = "en") -> None:
    """Nothing inline, every reference has its element, one main heading to be seen, names for what needs one."""
    page = Page(html)
    ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        _assert_nothing_inline(element)
        _assert_references(element, ids)
    assert page.one("html").attributes["lang"] == language
    assert page.one("html").attributes["dir"] == "ltr"
    assert len(page.all("main")) == 1
    assert page.all("h1")
    for svg in page.all("svg", role="img"):
        assert svg.attributes["aria-label"]


def _assert_nothing_inline(element: Element) -> None:
    assert element.tag != "style"
    assert "style" not in element.attributes
    assert not [name for name in element.attributes if name.startswith("on")]
    if element.tag == "script":
        assert element.attributes["src"].startswith("/static/")
        assert element.text == ""
    for name in ("src", "srcset", "data", "poster"):
        assert element.attributes.get(name, "/").startswith("/")
    if element.tag == "link":
        assert element.attributes["href"].startswith(
            "/feeds/" if element.attributes["rel"] == "alternate" else "/static/"
        )


def _assert_references(element: Element, ids: list[str]) -> None:
    for name in ("for", "aria-labelledby", "aria-describedby"):
        for reference in element.attributes.get(name, "").split():
            assert reference in ids
    if (address := element.attributes.get("href", "")).startswith("#"):
        assert address[1:] in ids


# What these functions of words.js say themselves.
SAID_BY_WORDS = {"seconds": "seconds", "time": "utc"}


def said_by_scripts(page: Page) -> set[str]:
    """The names of the sentences that the page's modules, and those they import, ask it for."""
    waiting = {one.attributes["src"].rpartition("/")[2] for one in page.all("script")}
    seen: set[str] = set()
    said: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        code = assets.files[name].decode()
        waiting |= set(re.findall(r"from '\./([^']+)'", code)) - seen
        if name != "words.js":
            said |= set(re.findall(r"\bword\('([a-z_-]+)'", code))
            taken = re.findall(r"import {([^}]*)} from '\./words\.js'", code)
            said |= {SAID_BY_WORDS[one.strip()] for one in ",".join(taken).split(",") if one.strip() in SAID_BY_WORDS}
    return said


def unsaid(page: Page) -> set[str]:
    """Of these sentences, the ones that the page does not have."""
    known = {element.attributes["data-word"] for element in page.elements if "data-word" in element.attributes}
    return said_by_scripts(page) - known
