"""The templates' engine: everything is escaped, a name that no page gave is an error, sentences are the reader's."""

from collections.abc import Callable
from importlib import resources
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from arena.pages import assets, formats, languages
from arena.pages.languages import ENGLISH, Language
from arena.publishing import formats as exports

PATH_CHARACTERS: Final = "/~!$&'()*+,;=:@"


def environment() -> Environment:
    """Jinja with our formats as filters, `asset(name)` for files, and `_` and `trans` for sentences."""
    made = Environment(
        loader=FileSystemLoader(str(resources.files("arena.pages") / "templates")),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    made.globals |= {"asset": assets.url, "language": _language, "languages": languages, "address": _address}
    for name in (
        *("number", "percent", "share", "signed", "amount", "points", "day", "date", "clock", "moment", "machine"),
        *("duration", "tenths"),
    ):
        made.filters[name] = _spoken(getattr(formats, name))
    made.filters["exact"] = exports.plain
    made.globals |= {"ranks": _spoken(formats.ranks), "measured": _spoken(formats.measured)}
    return made


def template_config() -> TemplateConfig[Any]:
    """What Litestar renders pages with."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


@pass_context
def _language(context: Context) -> Language:
    """The language of whoever asked; a page that nobody asked for is in the language it was written in."""
    request = context.get("request")
    return languages.of(request) if request else ENGLISH


@pass_context
def _address(context: Context) -> str:
    """Where the reader is, to come back to, with the view of a page that has one."""
    request, query = context.get("request"), context.get("query")
    path = quote(request.scope["path"], safe=PATH_CHARACTERS) if request else "/"
    return f"{path}?{query}" if query else path


@pass_context
def _gettext(context: Context, sentence: str) -> str:
    return _language(context).catalogue.gettext(sentence)


@pass_context
def _ngettext(context: Context, one: str, many: str, count: int) -> str:
    return _language(context).catalogue.ngettext(one, many, count)


def _spoken(write: Callable[..., str]) -> Callable[..., str]:
    """A format that is told the page's language."""

    @pass_context
    def written(context: Context, *values: Any) -> str:
        return write(*values, _language(context))

    return written
