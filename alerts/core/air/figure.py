"""The figure of a reading: parts per million of the air in this house, whatever unit the device speaks. Pure."""

from typing import Final

from alerts.core.household import Household
from alerts.core.policy import Policy, scope_of_site
from events.types.device import CarbonMonoxideReported

PPM_PER_MG_M3: Final = 0.873
"""Carbon monoxide at 25 degrees C and 101.3 kPa: 24.45 l/mol over 28.01 g/mol."""
SEA_LEVEL_KPA: Final = 101.325


def ppm_of(event: CarbonMonoxideReported, policy: Policy, home: Household) -> float | None:
    """Parts per million to a tenth, None where the device gave no figure that makes sense.

    A detector that measures mass sees less of the same share of thinner air, so high ground makes more ppm of it.
    """
    if event.mg_m3 is None:
        return None if event.ppm is None else round(event.ppm, 1)
    return round(event.mg_m3 * PPM_PER_MG_M3 * SEA_LEVEL_KPA / pressure_kpa(policy, home), 1)


def pressure_kpa(policy: Policy, home: Household) -> float:
    """As set (`air.pressure_kpa`), else that of the standard atmosphere at its altitude (`air.altitude_m`): of the home, of its
    site, or of all.

    Source: ICAO standard atmosphere below 11 km.
    """
    said = _of_the_place(policy, "air.pressure_kpa", home)
    if said:
        return said
    metres = _of_the_place(policy, "air.altitude_m", home)
    return SEA_LEVEL_KPA * float((1 - 2.25577e-5 * metres) ** 5.25588)


def _of_the_place(policy: Policy, name: str, home: Household) -> float:
    for scope in (home.home, scope_of_site(home.site)):
        if (own := policy.said(name, scope)) is not None:
            return float(own)
    return float(policy.value(name))
