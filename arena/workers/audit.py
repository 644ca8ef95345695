"""Audit: the new votes of the board of all votes are held against the snapshot before them."""

import logging

from arena.db import AWAY, Pool
from arena.integration import audits, boards
from arena.integration.boards import OVERALL
from rating import RatingError

log = logging.getLogger(__name__)


async def look(db: Pool) -> None:
    """Look at what is new; what fails here fails alone, and is tried again at the next call."""
    try:
        looks = await audits.run(db, await boards.require(db, OVERALL))
    except (RatingError, *AWAY) as error:
        log.warning("not audited board=%s error=%s", OVERALL, error)
        return
    if looks:
        log.info("audited board=%s looks=%d", OVERALL, looks)
