"""What the arena says of itself in public, held against what it does."""

from datetime import timedelta

from arena.publishing import factbook, facts
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check


@check(
    factbook.CHECK,
    Smell.MISMATCHED,
    Entity.PROTOCOL,
    Entity.METRIC,
    Entity.TASK,
    Entity.RAW_DATA,
    severity=Severity.MAJOR,
    threshold="One statement that the rows contradict.",
    every=timedelta(hours=1),
    seconds=60,
)
async def statements(scene: Scene) -> list[Sighting]:
    """What the pages of methodology and policy say is so."""
    ground, found = await factbook.ground(scene.db, scene.settings), []
    for fact in facts.ALL.values():
        observed = await fact.test(scene, ground) if fact.holds(ground) else None
        if observed is not None:
            found.append(
                Sighting(
                    subject=f"fact {fact.name}",
                    sentence="What is said about “{fact}” on the page of {page} is not so: {observed}.",
                    values={"fact": fact.name, "page": fact.page.value, "observed": observed},
                    observed=observed,
                    expected=fact.promise,
                    evidence=f"/{fact.page}#fact-{fact.name}",
                )
            )
    return found
