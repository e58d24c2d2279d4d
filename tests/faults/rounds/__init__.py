"""All rounds, in the order in which they are run and reported; to add one: one file, one line here."""

from tests.faults.round import Round

ROUNDS: tuple[Round, ...] = ()
