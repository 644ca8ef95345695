"""Refusals: whether an answer declined to answer, by how it begins."""

import re
from typing import Final

CLASSIFIER: Final = "refusals-1"
# A refusal comes first; what an answer says later about what it can't do belongs to an answer.
BEGINNING: Final = 300
