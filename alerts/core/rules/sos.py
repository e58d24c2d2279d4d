"""SOS: the elder calls for help."""

from alerts.core.rules.button import ButtonRule

rule = ButtonRule("sos", "sos")
