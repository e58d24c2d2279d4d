"""The signed requests Twilio makes to its customer, here to loopback addresses only."""

import base64
import hmac
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit

LONGEST_ANSWER = 16_384
UNREACHABLE = 0  # stands where an HTTP status would: nobody listened, or the answer never came


class NotOnThisComputer(ValueError):
    """The address is not plain HTTP on a loopback address: nothing of this simulator may leave the computer."""


def checked(url: str) -> str:
    """The same URL, or NotOnThisComputer."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback or parts.scheme != "http" or parts.username is not None:
        raise NotOnThisComputer(url)
    return url


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and each parameter, sorted by name (Twilio, "Webhooks security")."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def post(url: str, params: Mapping[str, str], token: str, *, timeout_s: float = 10.0) -> tuple[int, bytes]:
    """Posts a signed form; the HTTP status and the body's beginning, or UNREACHABLE. Proxies and redirects are ignored."""
    parts = urlsplit(checked(url))
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": signature(token, url, params),
    }
    connection = HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, urlencode(params), headers)
        response = connection.getresponse()
        return response.status, response.read(LONGEST_ANSWER)
    except (OSError, HTTPException):
        return UNREACHABLE, b""
    finally:
        connection.close()
