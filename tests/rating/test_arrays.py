"""The arithmetic that all rooms share."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import special

from rating import arrays

RATED = """
import sys
from rating import Tally, rate
said = ["a"] * 3 + ["b"] * 3 + ["tie"] * 3
tally = Tally.of(["x", "y", "z"] * 9000, ["y", "z", "x"] * 9000, said * 3000)
print(rate(tally).method["covariance"], [name for name in sys.modules if name.startswith("scipy")])
"""


def test_chances_have_the_digits_of_scipy_and_no_warning() -> None:
    logits = np.array([-np.inf, -800, -700, -40, -1e-9, 0, 1e-300, 3, 40, 800, np.inf])
    assert arrays.expit(logits) == pytest.approx(special.expit(logits), rel=1e-14, abs=0)


def test_a_board_is_rated_without_loading_scipy() -> None:
    told = subprocess.run([sys.executable, "-c", RATED], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout == "CR1 []\n"
