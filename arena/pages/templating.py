"""The templates' engine: everything is escaped, and a name that no page gave is an error."""

from importlib import resources
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template import TemplateConfig

from arena.pages import assets, formats


def environment() -> Environment:
    """Jinja with our formats as filters and `asset(name)` for files."""
    made = Environment(
        loader=FileSystemLoader(str(resources.files("arena.pages") / "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = assets.url
    for name in ("number", "share", "date", "clock", "machine", "duration"):
        made.filters[name] = getattr(formats, name)
    made.globals["ranks"] = formats.ranks
    return made


def template_config() -> TemplateConfig[Any]:
    """What Litestar renders pages with."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))
