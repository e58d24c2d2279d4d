"""A stranger that speaks Aliyun's API for SMS and calls over HTTP, pushes its arrays of reports, and has phones to answer."""

from simulators.aliyun.running import SimulatedAliyun

__all__ = ["SimulatedAliyun"]
