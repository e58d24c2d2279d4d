"""Reading a town from a YAML file: everything is checked first, then all of it is taken or nothing."""

from alerts.registry.importing.apply import ImportReport, apply
from alerts.registry.importing.check import check
from alerts.registry.importing.faults import Fault, ImportRefused
from alerts.registry.importing.planned import Plan

__all__ = ["Fault", "ImportRefused", "ImportReport", "Plan", "apply", "check"]
