"""deploy/run, with programs of our own in the place of Python where it must not install anything."""

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
REAL_PYTHON = shlex.quote(sys.executable)
TOOLS = ("dirname", "cat", "cmp", "sh", "mkdir", "rm", "tail", "tee", "grep", "sed", "chmod")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of nothing but deploy/, in a folder with a blank and a quote in its name."""
    folder = tmp_path / "it's a place"
    shutil.copytree(CHECKOUT / "deploy", folder / "deploy")
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with the usual tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def run(checkout: Path, path: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(checkout / "deploy" / "run"), *arguments],
        env={"PATH": str(path), "HOME": str(path)},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# A Python whose virtual environment has a copy of it, and whose pip notes that it was asked and fails on request.
PYTHON = """
case "$*" in
"-m venv "*)
    mkdir -p "$3/bin"
    cat "$0" >"$3/bin/python"
    chmod +x "$3/bin/python"
    ;;
"-m pip install "*)
    echo "pip $*" >>"$HOME/asked"
    echo "Collecting a"
    [ ! -e "$HOME/fail" ] || { echo "no network"; exit 1; }
    ;;
*purelib*) echo "$HOME" ;;
*version*) echo 3.11.9 ;;
"-P -m arena"*) echo "arena: $*" ;;
esac
"""


def test_no_python_at_all_is_a_sentence(checkout: Path, path: Path) -> None:
    done = run(checkout, path, "up")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, and there is no python3 here." in done.stderr


def test_a_python_that_is_too_old_is_a_sentence_with_its_version(checkout: Path, path: Path) -> None:
    old = "import platform, sys; sys.version_info = (3, 9, 18); platform.python_version = lambda: '3.9.18'"
    program(path / "python3", f'shift\nexec {REAL_PYTHON} -c "{old}; $1"')
    done = run(checkout, path, "up")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, and python3 is 3.9.18." in done.stderr
    assert not (checkout / ".venv").exists()


def test_an_unknown_word_is_answered_with_the_usage(checkout: Path, path: Path) -> None:
    done = run(checkout, path, "down")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: deploy/run up")


def test_it_installs_once_and_again_when_a_lock_has_changed(checkout: Path, path: Path) -> None:
    program(path / "python3", PYTHON)
    asked = path / "asked"
    first = run(checkout, path, "up", "--port", "1")
    assert first.returncode == 0, first.stderr
    assert "Installing about" in first.stdout
    assert first.stdout.endswith("arena: -P -m arena up --port 1\n")
    assert "--require-hashes" in asked.read_text()
    assert run(checkout, path, "up").stdout == "arena: -P -m arena up\n"
    assert len(asked.read_text().splitlines()) == 1
    with (checkout / "deploy" / "demo.lock").open("a") as lock:
        lock.write("# changed\n")
    run(checkout, path, "up")
    assert len(asked.read_text().splitlines()) == 2


def test_an_installation_that_failed_is_explained_and_made_anew(checkout: Path, path: Path) -> None:
    program(path / "python3", PYTHON)
    (path / "fail").touch()
    failed = run(checkout, path, "up")
    assert failed.returncode == 1
    assert "no network" in failed.stderr
    assert "could not be installed" in failed.stderr
    (path / "fail").unlink()
    again = run(checkout, path, "up")
    assert "Removing .venv, which is unfinished" in again.stdout
    assert again.stdout.endswith("arena: -P -m arena up\n")


def test_two_at_once_install_once(checkout: Path, path: Path) -> None:
    program(path / "python3", f'case "$*" in *flock*) exec {REAL_PYTHON} "$@" ;; esac\n{PYTHON}')
    both = [
        subprocess.Popen(
            [str(checkout / "deploy" / "run"), "up"],
            env={"PATH": str(path), "HOME": str(path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert all(output.endswith("arena: -P -m arena up\n") for output in outputs)
    assert len((path / "asked").read_text().splitlines()) == 1
