"""A room too cold for somebody old. The default is 8 degrees: below it a stove that has gone out is likelier than thrift."""

from alerts.core.rules.temperature import Temperature

rule = Temperature("low_temperature", cold=True)
