"""The watchdog: a process of its own that asks the service how it is, and tells people by its own channel when it is not.

It imports nothing of the service, reads none of its tables and shares neither settings nor account with it, so that what
breaks there cannot break here.
"""
