"""Help: the elder asks the watcher for something that is no emergency."""

from alerts.core.rules.button import ButtonRule

rule = ButtonRule("help", "help")
