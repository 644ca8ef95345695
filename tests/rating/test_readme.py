import doctest
from pathlib import Path

import pytest

import rating


def test_the_worked_example_of_the_readme_comes_out_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    readme = Path(rating.__file__).parent / "README.md"
    monkeypatch.chdir(readme.parents[1])
    found = doctest.testfile(str(readme), module_relative=False, encoding="utf-8")
    assert found.attempted > 8
    assert found.failed == 0
