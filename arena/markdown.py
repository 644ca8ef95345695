"""A model's text to safe HTML: markdown without raw HTML, formulas, and nothing but an allow-list of elements."""

import re
from collections.abc import Sequence
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as parse_table
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from arena import maths

# Headings begin below the page's own; the two lists below are all that ever reaches a page.
HIGHEST_HEADING: Final = 3
LOWEST_HEADING: Final = 6
# Neither what may hold HTML (annotation-xml, mglyph) nor what acts or links (maction, href), and no colours: no side
# may shine. Sizes are held to a few letters' width, so that no formula reaches into another part of the page.
MATHS_TAGS: Final = frozenset(
    [
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "msup",
        "msub",
        "msubsup",
        "mfrac",
        "msqrt",
        "mroot",
        "mover",
        "munder",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
        "mstyle",
        "mpadded",
        "mphantom",
        "menclose",
    ]
)
MATHS_ATTRIBUTES: Final = {
    "math": frozenset({"display"}),
    "mi": frozenset({"mathvariant"}),
    "mo": frozenset(
        {"stretchy", "fence", "form", "accent", "movablelimits", "lspace", "rspace", "minsize", "maxsize", "separator"}
    ),
    "mspace": frozenset({"width", "height", "depth"}),
    "mfrac": frozenset({"linethickness"}),
    "mstyle": frozenset({"displaystyle", "scriptlevel"}),
    "mpadded": frozenset({"width", "height", "depth", "voffset", "lspace"}),
    "menclose": frozenset({"notation"}),
    "mtable": frozenset({"columnalign", "columnspacing", "rowspacing", "displaystyle"}),
    "mtd": frozenset({"columnalign"}),
}
MATHS_VALUE: Final = re.compile(r"[a-z ]{1,80}|[+-]?[0-2]?(?:\.[0-9]{1,4})?(?:em|ex|px|pt)?")
TAGS: Final = (
    frozenset(
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
            "span",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "a",
        ]
    )
    | MATHS_TAGS
)
ATTRIBUTES: Final = {
    **MATHS_ATTRIBUTES,
    "a": frozenset({"href", "title", "rel", "target"}),
    "div": frozenset({"class", "tabindex"}),
    "span": frozenset({"class", "tabindex"}),
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
# Cells that nobody wrote are filled in, so few characters make a huge table. A larger one is shown as it was written.
MOST_CELLS: Final = 4000
DELIMITER: Final = re.compile(r"[|:-][ \t|:-]*")
# Marks above and below letters, and what has no width, come in ones and twos; a flood of them is cut off.
MARKS: Final = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
WIDTHLESS: Final = "\u200b-\u200f\u2060-\u2064\ufeff"
FLOOD: Final = re.compile(f"([{MARKS}{WIDTHLESS}]{{4}})[{MARKS}{WIDTHLESS}]+")
# Lines that can only be those of paragraphs, which blank lines part: each begins with a letter, or a number that counts
# nothing, and has no mark of tables or formulas.
PROSE: Final = re.compile(r"(?:(?:[^\W\d_]|[0-9]++(?![.)]))[^\n\r\0|$\\]*(?:\n+|\Z))*")
# One line of words and the commonest stops, which neither markdown nor HTML gives another meaning.
PLAIN: Final = re.compile(r"""(?:[^\W\d_]|[0-9]++(?![.)]))(?:[^\W_]|[ ,.;:?!'"()/%-])*+\n*""")
LISTS = frozenset({"bullet_list_open", "ordered_list_open"})


def _kept(tag: str, name: str, value: str) -> str | None:
    """A formula's attribute is a word or a small size; others are seen to by the cleaner's own lists."""
    return value if name not in MATHS_ATTRIBUTES.get(tag, ()) or MATHS_VALUE.fullmatch(value) else None


_cleaner = nh3.Cleaner(
    tags=set(TAGS),
    attributes={
        "a": {"href", "title"},
        "ol": {"start"},
        **{tag: set(names) for tag, names in MATHS_ATTRIBUTES.items()},
    },
    attribute_filter=_kept,
    allowed_classes={"div": {"wide"}, "span": {"wide"}, "td": set(ALIGNMENTS.values()), "th": set(ALIGNMENTS.values())},
    # What may scroll sideways must be reachable by keyboard; a link must not take the battle's page away.
    set_tag_attribute_values={
        "pre": {"tabindex": "0"},
        "div": {"tabindex": "0"},
        "span": {"tabindex": "0"},
        "a": {"target": "_blank"},
    },
    link_rel="noopener nofollow ugc",
    url_schemes=set(SCHEMES),
    url_relative="deny",
)


def render(text: str) -> str:
    """The text as HTML that may stand in any page; images stay links, since loading one would tell who reads."""
    if PLAIN.fullmatch(text):  # Most blocks are, and each of them would be parsed twice to be found so.
        return f"<p>{text.rstrip()}</p>"
    written = FLOOD.sub(r"\1", SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text))
    return _cleaner.clean(_markdown.render(written)).strip()


def completed(text: str, begun: Sequence[str], rest: str) -> str:
    """The text as HTML when all of it but the rest has been rendered before, block by block as `finished` parted it.

    Paragraphs don't depend on each other; whatever else there may be is rendered as a whole.
    """
    if begun and PROSE.fullmatch(text):
        return "\n".join(filter(None, (*begun, render(rest))))
    return render(text)


def finished(text: str) -> tuple[str, str]:
    """Split growing text into its finished top-level blocks and the rest; joined they are the text again.

    All blocks but the last are finished. Cost grows with the text, so a caller passes only what was left before.
    """
    if PROSE.fullmatch(text):
        cut = text.rstrip("\n").rfind("\n\n") + 2
        return (text[:cut], text[cut:]) if cut > 1 else ("", text)
    return _parted(text)


def _parted(text: str) -> tuple[str, str]:
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
    if last.type == maths.BLOCK and last.map[1] == len(lines):
        return bool(lines[first - 1].strip())
    if first < len(lines) - 1 or lines[-1].endswith(("\r", "\n")):
        return False
    return previous.type in LISTS or bool(lines[first - 1].strip())


def _to_allowed(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1:]) + HIGHEST_HEADING - 1, LOWEST_HEADING)}"
        elif style := token.attrs.pop("style", None):
            token.attrSet("class", ALIGNMENTS[str(style)])


def _table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """A table, unless it has too many cells; then none of its lines begins one, so that no line is counted twice."""
    if start + 1 >= end or start < state.env.get("no_table_before", 0):
        return False
    if not DELIMITER.fullmatch(_line(state, start + 1)):
        return False
    columns, last = _line(state, start + 1).count("|") + 1, start + 1
    while last < end and not state.isEmpty(last):
        last += 1
    if columns * (last - start) > MOST_CELLS:
        state.env["no_table_before"] = last
        return False
    return parse_table(state, start, end, silent)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def _table_open(*_: object) -> str:
    return '<div class="wide"><table>\n'


def _table_close(*_: object) -> str:
    return "</table></div>\n"


def _parser(*, growing: bool) -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    made.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    maths.add_to(made, growing=growing)
    return made


_markdown = _parser(growing=False).disable("image")
_markdown.core.ruler.push("to_allowed", _to_allowed)
_markdown.add_render_rule("table_open", _table_open)
_markdown.add_render_rule("table_close", _table_close)
_outline = _parser(growing=True).disable(["inline", "text_join"])
