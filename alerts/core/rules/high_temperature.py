"""A room too hot: a heat wave under a tin roof, or a fire that no smoke alarm sees. The default is 35 degrees."""

from alerts.core.rules.temperature import Temperature

rule = Temperature("high_temperature", cold=False)
