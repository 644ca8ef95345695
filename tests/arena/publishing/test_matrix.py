"""The study's matrix: its sums are the study's, and a check looks at every cell."""

from arena.publishing import checks, matrix
from arena.publishing.checkup import Entity, Smell
from arena.publishing.matrix import CASES, STUDY


def test_a_check_looks_at_every_cell_of_the_study_and_at_releases() -> None:
    uncovered = {(cell.smell, cell.entity) for cell in matrix.cells(checks.ALL) if cell.uncovered}
    assert sorted(f"{smell} × {entity}" for smell, entity in uncovered) == []


def test_the_cells_are_those_of_the_study() -> None:
    # 438 of its 476 cases are typed; features that it counts cell by cell never exceed the smell's sum.
    assert sum(CASES.values()) == 438
    for smell, cells in STUDY.items():
        counted = sum(count for count in cells.values() if count)
        assert counted <= CASES[smell]
        assert None in cells.values() or counted == CASES[smell]


def test_a_cell_names_the_checks_that_look_there() -> None:
    cells = {(cell.smell, cell.entity): cell for cell in matrix.cells({"N6": checks.ALL["N6"]})}
    assert cells[Smell.MISSING, Entity.RAW_DATA].checks == ["N6"]
    assert cells[Smell.MISSING, Entity.MODEL].uncovered
    assert not cells[Smell.DEPRECATED, Entity.METRIC].uncovered
