"""Links: where the pages of this arena lead to, and what can be led to in them."""

from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag


class Linked(HTMLParser):
    """A page's `links` to others of this arena, or to its own parts, as they stand there; and its `ids`."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: dict[str, None] = {}
        self.ids: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read where an element leads to, and what it is called."""
        given = dict(attrs)
        if name := given.get("id"):
            self.ids.add(name)
        link = given.get("href") or ""
        # Two slashes lead to another site, a question mark to the same page seen otherwise.
        if tag == "a" and link[:1] in ("/", "#") and link[:2] != "//":
            self.links[link] = None


def parted(link: str, page: str) -> tuple[str, str]:
    """The address that a link on the page leads to, and which part of it, empty for the whole."""
    path, part = urldefrag(link)
    return path or page, unquote(part)
