"""All rounds, in the order in which they are run and reported; to add one: one file, one line here."""

from tests.faults.round import Round
from tests.faults.rounds.blindness import BLINDNESS
from tests.faults.rounds.broker import BROKER_DOWN, BROKER_UP
from tests.faults.rounds.clocks import CLOCKS_WRONG
from tests.faults.rounds.databases import COMMITS, HELD, RESTARTED
from tests.faults.rounds.disks import BROKER_FULL, FULL
from tests.faults.rounds.each_place import EACH_PLACE
from tests.faults.rounds.failing import POSTGRESQL_FULL, REFUSED_AT_WORK
from tests.faults.rounds.holes import HOLES
from tests.faults.rounds.kills import KILLS
from tests.faults.rounds.messages import MESSAGES
from tests.faults.rounds.mixed import MIXED
from tests.faults.rounds.poison import POISON
from tests.faults.rounds.power import POWER, REFUSED
from tests.faults.rounds.power_cut import POWER_CUT
from tests.faults.rounds.provider import PROVIDER
from tests.faults.rounds.storm import CHATTY, STORM
from tests.faults.rounds.time_steps import TIME_STEPS
from tests.faults.rounds.two_of_each import FROZEN, REPLACED
from tests.faults.rounds.two_providers import TWO_PROVIDERS
from tests.faults.rounds.verify import VERIFY

ROUNDS: tuple[Round, ...] = (
    KILLS,
    BROKER_UP,
    BROKER_DOWN,
    EACH_PLACE,
    MIXED,
    CHATTY,
    STORM,
    POWER_CUT,
    POWER, REFUSED,
    HELD, RESTARTED, COMMITS,
    FULL, POSTGRESQL_FULL, BROKER_FULL, REFUSED_AT_WORK,
    POISON, MESSAGES, CLOCKS_WRONG, HOLES,
    BLINDNESS, TIME_STEPS,
    PROVIDER, TWO_PROVIDERS,
    FROZEN, REPLACED,
    VERIFY,
)  # fmt: skip
