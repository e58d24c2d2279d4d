"""All rounds, in the order in which they are run and reported; to add one: one file, one line here."""

from tests.faults.round import Round
from tests.faults.rounds.kills import KILLS

ROUNDS: tuple[Round, ...] = (
    KILLS,
)  # fmt: skip
