"""A model's text to safe HTML: markdown without raw HTML, and then nothing but an allow-list of elements."""

import re
from collections.abc import Sequence
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Headings begin below the page's own; the two lists below are all that ever reaches a page.
HIGHEST_HEADING: Final = 3
LOWEST_HEADING: Final = 6
TAGS: Final = frozenset(
    [
        "p",
        "br",
        "hr",
        "h3",
        "h4",
        "h5",
        "h6",
        "strong",
        "em",
        "s",
        "code",
        "pre",
        "blockquote",
        "ul",
        "ol",
        "li",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
    ]
)
ATTRIBUTES: Final = {
    "a": frozenset({"href", "title", "rel", "target"}),
    "div": frozenset({"class", "tabindex"}),
    "ol": frozenset({"start"}),
    "pre": frozenset({"tabindex"}),
    "td": frozenset({"class"}),
    "th": frozenset({"class"}),
}
SCHEMES: Final = frozenset({"http", "https", "mailto"})

# Style attributes are forbidden by the content security policy, so a column's alignment is a class.
ALIGNMENTS: Final = {"text-align:left": "start", "text-align:center": "middle", "text-align:right": "end"}
LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
SURROGATE = re.compile("[\ud800-\udfff]")
LISTS = frozenset({"bullet_list_open", "ordered_list_open"})

_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    allowed_classes={"div": {"wide"}, "td": set(ALIGNMENTS.values()), "th": set(ALIGNMENTS.values())},
    # What may scroll sideways must be reachable by keyboard; a link must not take the battle's page away.
    set_tag_attribute_values={"pre": {"tabindex": "0"}, "div": {"tabindex": "0"}, "a": {"target": "_blank"}},
    link_rel="noopener nofollow ugc",
    url_schemes=set(SCHEMES),
    url_relative="deny",
)


def render(text: str) -> str:
    """The text as HTML that may stand in any page; images stay links, since loading one would tell who reads."""
    return _cleaner.clean(_markdown.render(SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))).strip()


def finished(text: str) -> tuple[str, str]:
    """Split growing text into its finished top-level blocks and the rest; joined they are the text again.

    All blocks but the last are finished. Cost grows with the text, so a caller passes only what was left before.
    """
    lines = LINE.findall(text)
    blocks = [token for token in _outline.parse(text) if token.level == 0 and token.map and token.nesting >= 0]
    if len(blocks) > 1 and _undecided(blocks, lines):
        blocks.pop()
    if len(blocks) < 2:
        return "", text
    assert blocks[-1].map is not None
    cut = sum(map(len, lines[: blocks[-1].map[0]]))
    return text[:cut], text[cut:]


def _undecided(blocks: Sequence[Token], lines: Sequence[str]) -> bool:
    """Whether the last block is a line still being written that may yet join the block before: “***”, “2”, “#”."""
    previous, last = blocks[-2:]
    assert last.map is not None
    first = last.map[0]
    if first < len(lines) - 1 or lines[-1].endswith(("\r", "\n")):
        return False
    return previous.type in LISTS or bool(lines[first - 1].strip())


def _to_allowed(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + HIGHEST_HEADING - 1, LOWEST_HEADING)}"
        elif style := token.attrs.pop("style", None):
            token.attrSet("class", ALIGNMENTS[str(style)])


def _table_open(*_: object) -> str:
    return '<div class="wide"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])


_markdown = _parser().disable("image")
_markdown.core.ruler.push("to_allowed", _to_allowed)
_markdown.add_render_rule("table_open", _table_open)
_markdown.add_render_rule("table_close", _table_close)
_outline = _parser().disable(["inline", "text_join"])
