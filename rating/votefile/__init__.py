"""Vote files: the field's exchange format as CSV, JSON lines or Parquet, read vote by vote or as coded columns."""

from rating.votefile.columns import Cluster, Columns, load
from rating.votefile.faults import VoteFileUnknown, VoteFileWrong
from rating.votefile.records import MOST_LINE_BYTES, digest
from rating.votefile.votes import WINNERS, FileVote, Names, read

__all__ = [
    "MOST_LINE_BYTES",
    "WINNERS",
    "Cluster",
    "Columns",
    "FileVote",
    "Names",
    "VoteFileUnknown",
    "VoteFileWrong",
    "digest",
    "load",
    "read",
]
