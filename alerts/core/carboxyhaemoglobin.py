"""Carboxyhaemoglobin by the Coburn-Forster-Kane equation: how much of the blood's haemoglobin carbon monoxide holds. Pure.

    dC/dt = Vco/Vb - C PcO2 / (M B Vb O2Hb) + PIco / (B Vb),   B = 1/DL + 713/VA

C in ml of CO per ml of blood, t in minutes, pressures in mmHg (713 = 760 - 47 of water vapour). Linear: O2Hb stays 0.2 ml
per ml; non-linear: what carbon monoxide holds oxygen cannot, O2Hb = 0.2 - C. Both are solved exactly, so that the length
of a step changes nothing. The linear one lies above the other and is what alarms are judged by: it errs to the safe side.

Source: Coburn, Forster, Kane, J. Clin. Invest. 44 (1965) 1899; Peterson and Stewart, J. Appl. Physiol. 39 (1975) 633;
constants and work rates as in UL 2034. It says how bad the air has been for an average grown-up, never that it was not.
"""

import math
from typing import Final, Literal

Work = Literal["rest", "light", "heavy"]

_M: Final = 218.0
"""Haemoglobin holds carbon monoxide so many times faster than oxygen."""
_PCO2_MMHG: Final = 100.0
_FULL: Final = 0.2
"""ml of gas that a ml of blood holds at most: 100 %."""
_VB_ML: Final = 5500.0
_VCO_ML_MIN: Final = 0.007
"""Made by the body itself."""
_PPM_A_MMHG: Final = 1316.0
_DIFFUSES: Final[dict[Work, tuple[float, float]]] = {
    "rest": (30.0, 6000.0), "light": (40.0, 18_000.0), "heavy": (60.0, 30_000.0),
}  # fmt: skip
"""Diffusing capacity of the lung, ml/min/mmHg, and ventilation, ml/min."""

USUAL_PCT: Final = 0.75
"""What somebody who does not smoke has anyway, percent."""


def linear(ppm: float, start_pct: float, minutes: float, work: Work = "light") -> float:
    """Percent after so many minutes in this air; at most 100."""
    b = _resistance(work)
    a = _PCO2_MMHG / (_M * _FULL)
    end = 100.0 * (b * _VCO_ML_MIN + ppm / _PPM_A_MMHG) / a / _FULL
    return min(100.0, end + (start_pct - end) * math.exp(-a * minutes / (_VB_ML * b)))


def nonlinear(ppm: float, start_pct: float, minutes: float, work: Work = "light") -> float:
    """Percent after so many minutes in this air, with the oxygen that carbon monoxide drives out.

    dC/dt = s (E - C) / (0.2 - C) has the solution s t = C - C0 + (0.2 - E) ln((E - C0) / (E - C)), which is solved for C
    by halving: C goes from C0 towards E and never past it.
    """
    b = _resistance(work)
    gains = _VCO_ML_MIN / _VB_ML + ppm / (_PPM_A_MMHG * b * _VB_ML)
    s = gains + _PCO2_MMHG / (_M * b * _VB_ML)
    end, start = gains * _FULL / s, start_pct / 100.0 * _FULL
    if minutes <= 0 or math.isclose(end, start, rel_tol=1e-12):
        return start_pct
    near, far = start, end
    for _ in range(60):
        middle = (near + far) / 2
        took = (
            (middle - start + (_FULL - end) * math.log((end - start) / (end - middle))) / s
            if middle != end
            else math.inf
        )
        if took < minutes:
            near = middle
        else:
            far = middle
    return 100.0 * near / _FULL


def _resistance(work: Work) -> float:
    lung, breath = _DIFFUSES[work]
    return 1.0 / lung + 713.0 / breath
