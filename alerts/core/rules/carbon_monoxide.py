"""Carbon monoxide: the detector's own flag is class 1 at once, whatever its ppm says."""

from alerts.core.rules.flag import FlagRule
from events.types.device import CarbonMonoxideReported

rule = FlagRule("carbon_monoxide", CarbonMonoxideReported)
