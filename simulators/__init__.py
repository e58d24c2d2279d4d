"""Strangers who play devices and phones: they speak MQTT and HTTP and import none of ours."""
