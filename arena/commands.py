"""Commands: what the larger ones take from the command line; `errands.py` has what each of them runs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from arena import arguments

if TYPE_CHECKING:
    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]
else:  # argparse's own class takes no parameters.
    Commands = argparse._SubParsersAction

# As rating.Ties and votefile.Cluster have them, which are loaded only by who rates; a test compares them.
TIES: Final = ("davidson", "davidson-common", "rao-kupper", "half", "drop")
CLUSTERS: Final = ("voter", "prompt", "none")


Kinds: TypeAlias = tuple[argparse.ArgumentParser, argparse.ArgumentParser, argparse.ArgumentParser]


def add_imports(commands: Commands, data: Path) -> Kinds:
    """`arena import votes`, `arena import prompts` and `arena import answers`."""
    kinds = commands.add_parser(
        "import", help="bring in what was made elsewhere: votes, prompts, answers"
    ).add_subparsers(dest="kind", required=True, metavar="KIND")
    made = (_add_votes(kinds), _add_prompts(kinds), _add_answers(kinds))
    where = f"that of ARENA_DATABASE_URL, if set, else {data}"
    for each in made:
        each.add_argument(
            "--data",
            type=Path,
            metavar="DIR",
            help=f"the folder of the running `arena up` to bring them to ({where})",
        )
    return made


def _add_prompts(kinds: Commands) -> argparse.ArgumentParser:
    prompts = kinds.add_parser(
        "prompts",
        help="a prompt set, frozen at once",
        description="Bring a prompt set in: fields id and prompt, and where they are known category, reference and "
        "kind, which says how answers are held against the reference: exact, numeric or choice.",
    )
    prompts.add_argument("file", type=Path, metavar="FILE", help="CSV or JSON lines")
    prompts.add_argument("--set", required=True, metavar="SLUG", help="the address of the new set")
    prompts.add_argument("--name", metavar="NAME", help="what pages call it (the slug)")
    prompts.add_argument("--licence", required=True, metavar="TEXT", help="on what terms the prompts may be used")
    prompts.add_argument("--description", default="", metavar="TEXT")
    prompts.add_argument("--source", default="", metavar="TEXT", help="where the prompts are from")
    prompts.add_argument("--contamination", default="", metavar="TEXT", help="who may have seen them before")
    prompts.add_argument("--hidden", action="store_true", help="show no prompt until the set is used up")
    return prompts


def _add_answers(kinds: Commands) -> argparse.ArgumentParser:
    answers = kinds.add_parser(
        "answers",
        help="a contender's answers to a prompt set, scored where there are references",
        description="Bring answers in: fields id and answer, and format where prompts were not put plainly. A wrong "
        "file is refused with field and line, and nothing of it is kept.",
    )
    answers.add_argument("file", type=Path, metavar="FILE", help="CSV or JSON lines")
    answers.add_argument("--set", required=True, metavar="SLUG", help="the prompt set")
    answers.add_argument("--contender", required=True, metavar="SLUG", help="who gave these answers")
    answers.add_argument("--name", metavar="NAME", help="enter the contender under this name, if it is not known here")
    answers.add_argument("--partial", action="store_true", help="the file does not answer every prompt")
    return answers


def _add_votes(kinds: Commands) -> argparse.ArgumentParser:
    votes = kinds.add_parser(
        "votes",
        help="votes as a board of their own, released at once",
        description="Bring votes in from a file in the exchange format: columns model_a, model_b and winner (model_a, "
        "model_b, tie, tie (bothbad) or both_bad), if known also voter and prompt. Without a voter column each vote "
        "counts as a voter of its own, and the board says that nobody knows who voted.",
    )
    votes.add_argument("file", type=Path, metavar="FILE", help="CSV, JSON lines (either .gz or not) or Parquet")
    votes.add_argument("--board", required=True, metavar="SLUG", help="the board, made if need be, or added to")
    votes.add_argument("--name", metavar="NAME", help="what pages call it (the slug)")
    votes.add_argument("--attribution", metavar="TEXT", help="whose votes they are and on what terms, for its page")
    votes.add_argument(
        "--map", type=arguments.names, default={}, metavar="OURS=THEIRS,…", help="the file's names for columns"
    )
    return votes


def add_release(commands: Commands) -> argparse.ArgumentParser:
    """`arena release`."""
    release = commands.add_parser(
        "release",
        help="release a board as its calendar says, or now",
        description="Release a board if its calendar says that it is time, or, with --now, whatever it says. What "
        "fails its self-test is held, and the last good release stays.",
    )
    release.add_argument("board", metavar="BOARD", help="the board's slug, such as overall")
    release.add_argument("--now", action="store_true", help="do not wait for the calendar")
    release.add_argument("--data", type=Path, metavar="DIR", help="the folder of the running `arena up`")
    return release


def add_operator(commands: Commands) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """`arena operator create` and `arena operator key`."""
    acts = commands.add_parser("operator", help="the first operator; a new API key").add_subparsers(
        dest="act", required=True, metavar="ACT"
    )
    create = acts.add_parser("create", help="open an operator's account; its key is printed alone on the last line")
    create.add_argument("--email", required=True, metavar="ADDRESS")
    create.add_argument("--name", required=True, metavar="NAME", help="what pages call them")
    create.add_argument("--organisation", required=True, metavar="NAME", help="founded with the account")
    key = acts.add_parser("key", help="a new API key for an account, printed alone on the last line")
    key.add_argument("--email", required=True, metavar="ADDRESS")
    key.add_argument("--days", type=int, metavar="N", help="how long it lasts (until it is revoked)")
    for act in (create, key):
        act.add_argument("--data", type=Path, metavar="DIR", help="the folder of the running `arena up`")
    return create, key


def add_judge(commands: Commands) -> tuple[argparse.ArgumentParser, ...]:
    """`arena judge plan`, `run` and `resume`."""
    acts = commands.add_parser(
        "judge", help="have judges compare answers, of battles or to a prompt set"
    ).add_subparsers(dest="act", required=True, metavar="ACT")
    plan = acts.add_parser("plan", help="what a run would do, and cost at most; nothing is asked")
    run = acts.add_parser("run", help="plan a run, begin it and follow it; interrupted, it goes on without you")
    resume = acts.add_parser("resume", help="begin a planned run or go on with a paused one, and follow it")
    for act in (plan, run):
        act.add_argument("judges", nargs="+", metavar="JUDGE", help="listed judges, by slug")
        act.add_argument("--prompt-set", metavar="NAME", help="answers to this set's prompts that have no reference")
        act.add_argument("--category", metavar="NAME", help="battles or prompts of this category (all)")
        for option, whose in (
            ("--contender", "answers of these; repeatable (all)"),
            ("--opponent", "with --prompt-set, beside answers of these; repeatable (of each other)"),
        ):
            act.add_argument(option, action="append", default=[], metavar="SLUG", help=whose)
        act.add_argument(
            "--most",
            type=arguments.whole,
            default=1000,
            metavar="N",
            help="so many pairs, newest battles first (%(default)s)",
        )
        act.add_argument(
            "--unvoted",
            action="store_true",
            help="also battles that were answered to their end and closed without a vote",
        )
        act.add_argument("--tokens", type=arguments.whole, metavar="N", help="spend no more tokens (no limit)")
        act.add_argument("--cost", type=arguments.amount, metavar="MONEY", help="spend no more money (no limit)")
    resume.add_argument("run_id", type=UUID, metavar="RUN", help="the run's id")
    for act in (plan, run, resume):
        act.add_argument("--data", type=Path, metavar="DIR", help="the folder of the running `arena up`")
    return plan, run, resume


def add_rate(commands: Commands) -> argparse.ArgumentParser:
    """`arena rate`."""
    rate = commands.add_parser(
        "rate",
        help="rate the votes of a file, without any server",
        description="Rate the contenders of a vote file: columns model_a, model_b and winner (model_a, model_b, tie, "
        "tie (bothbad) or both_bad), and where they are known voter, prompt and weight; others are left alone, and "
        "it says which. Prints a table with intervals drawn, and writes the unrounded numbers as JSON.",
        epilog="Ends with 0, or with 2 and a sentence with line and column where the file can't be read.",
    )
    rate.add_argument("file", type=Path, metavar="VOTES", help="CSV, JSON lines (either .gz or not) or Parquet")
    rate.add_argument("--out", type=Path, metavar="FILE.json", help="also write the numbers there")
    rate.add_argument(
        "--replicates", type=arguments.whole, default=0, metavar="N", help="check intervals by N resamples (none)"
    )
    rate.add_argument(
        "--seed", type=arguments.whole, default=0, metavar="N", help="what chance starts from (%(default)s)"
    )
    rate.add_argument("--ties", choices=TIES, help=f"how ties are understood ({TIES[0]}; half, always, with --style)")
    rate.add_argument(
        "--style",
        type=arguments.features,
        default=(),
        metavar="COLUMN,…",
        help="ratings at equal style, and how far that moves each; COLUMN stands for COLUMN_a and COLUMN_b",
    )
    rate.add_argument(
        "--cluster", choices=CLUSTERS, default=CLUSTERS[0], help="whose votes belong together (%(default)s)"
    )
    rate.add_argument(
        "--prior", type=arguments.amount, default=1.0, metavar="DRAWS", help="phantom draws (%(default)s)"
    )
    rate.add_argument(
        "--map", type=arguments.names, default={}, metavar="OURS=THEIRS,…", help="the file's names for columns"
    )
    return rate


def add_export(commands: Commands, data: Path) -> argparse.ArgumentParser:
    """`arena export`."""
    export = commands.add_parser(
        "export",
        help="a release's votes, exclusions, conversations and manifest as files",
        description="Write a release's files into a folder: the votes it counted and those it left out (Parquet and "
        "JSON lines), the conversations that may be published, the manifest, a data card, and verify.py, which checks "
        "them with nothing but Python. SHA256SUMS has their checksums.",
    )
    export.add_argument("release", metavar="RELEASE", help="the release's id, or a board's name for its last release")
    export.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where to; made if need be")
    export.add_argument(
        "--files", type=arguments.features, default=(), metavar="NAME,…", help="only these, votes.parquet for one (all)"
    )
    export.add_argument("--data", type=Path, metavar="DIR", help=f"the folder of the running `arena up` ({data})")
    return export


def add_verify(commands: Commands, data: Path) -> argparse.ArgumentParser:
    """`arena verify`."""
    verify = commands.add_parser(
        "verify",
        help="compute a release again from its votes, and say what agrees",
        description="Compute a release again from its published votes and say, line by line, what agrees: counts, "
        "digest, id, record, every published number, and how far the ratings are from the best fit.",
        epilog="Ends with 0 if everything agrees, else with 2.",
    )
    verify.add_argument(
        "release", metavar="RELEASE", help="its id, a board's name, or the folder or manifest.json that was exported"
    )
    verify.add_argument("--votes", type=Path, metavar="FILE", help="the votes (the arena's own, or those exported)")
    verify.add_argument("--data", type=Path, metavar="DIR", help=f"the folder of the running `arena up` ({data})")
    return verify


def add_simulate(commands: Commands) -> argparse.ArgumentParser:
    """`arena simulate pairing`."""
    kinds = commands.add_parser("simulate", help="try a choice out on simulated boards: pairing").add_subparsers(
        dest="kind", required=True, metavar="KIND"
    )
    pairing = kinds.add_parser(
        "pairing",
        help="what a rule of pairing costs or saves beside uniform pairs",
        description="Simulate boards whose truth is known, draw their pairs by each rule, and say what the votes were "
        "worth in votes on uniform pairs: for the error of a rating, for the order, and for a newcomer.",
    )
    for name, default, words in (
        ("--contenders", 20, "how many there are on a board"),
        ("--votes", 4000, "how many votes each board gets"),
        ("--boards", 100, "how many boards; the errors shrink with the square root of it"),
        ("--seed", 0, "what chance starts from"),
    ):
        pairing.add_argument(name, type=arguments.whole, default=default, metavar="N", help=f"{words} (%(default)s)")
    pairing.add_argument(
        "--spread", type=arguments.amount, default=260.0, metavar="ELO", help="of the true ratings (%(default)s)"
    )
    pairing.add_argument(
        "--rule", action="append", default=[], metavar="NAME", help="beside uniform; may be repeated (all)"
    )
    pairing.add_argument("--out", type=Path, metavar="FILE.json", help="also write the numbers there")
    return pairing
