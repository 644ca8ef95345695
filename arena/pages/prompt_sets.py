"""The pages of prompt sets: which there are, what is asked, and how contenders did."""

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena.db import Pool
from arena.errors import NotFound
from arena.evaluation import prompt_sets, set_results, set_runs
from arena.evaluation.prompt_sets import State

MOST = 200
HEADERS = {"cache-control": "no-cache"}


@get("/prompt-sets", include_in_schema=False)
async def list_sets(db: Given[Pool]) -> Template:
    """The sets that are in use or used up, and how to propose one."""
    found = await prompt_sets.listed(db, [State.FROZEN, State.USED_UP], after="", most=MOST)
    return Template("prompt_sets/list.html", context={"sets": found}, headers=HEADERS)


@get("/prompt-sets/{name:str}", include_in_schema=False)
async def show(name: FromPath[str], db: Given[Pool]) -> Template:
    """What a set asks, how contenders did, what its prompts still tell apart, and how to hand in answers."""
    found = await prompt_sets.require(db, name)
    if found.state not in (State.FROZEN, State.USED_UP):
        raise NotFound("There is no prompt set “{slug}” here.", slug=name[:100])
    prompts = await prompt_sets.prompts(db, found.id) if found.shows_prompts else []
    validity = await set_results.validity(db, found.id)
    context = {
        "set": found,
        "prompts": prompts[:MOST],
        "results": await set_results.of_set(db, found.id),
        "validity": validity,
        "items": {item.position: item for item in validity.items},
        "sensitivities": await set_results.sensitivities(db, found.id),
        "runs": await set_runs.told(db, found.id),
    }
    return Template("prompt_sets/show.html", context=context, headers=HEADERS)


routes = [list_sets, show]
