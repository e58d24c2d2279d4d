"""Aliyun's signature of requests, version 3: ACS3-HMAC-SHA256 over method, path, query, headers and the body's hash."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

ALGORITHM = "ACS3-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
AUTHORIZATION = re.compile(rf"{ALGORITHM} Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{{64}})")


class WrongSignature(Exception):
    """The request is not from who it says; `code` is Aliyun's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check(
    key_id: str, secret: str, *, query: Mapping[str, str], headers: Mapping[str, str], body: bytes, nonces: set[str]
) -> None:
    """Raises WrongSignature. A nonce is good once."""
    found = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise WrongSignature("MissingAuthorization")
    credential, signed, signature = found.groups()
    if credential != key_id:
        raise WrongSignature("InvalidAccessKeyId.NotFound")
    payload = hashlib.sha256(body).hexdigest()
    if headers.get("x-acs-content-sha256") != payload:
        raise WrongSignature("SignatureDoesNotMatch")
    at = datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if abs(datetime.now(UTC) - at) > WINDOW:
        raise WrongSignature("InvalidTimeStamp.Expired")
    names = signed.split(";")
    must = {"host", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"}
    if not must <= set(names):
        raise WrongSignature("IncompleteSignature")
    asked = "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query))
    written = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
    request = f"POST\n/\n{asked}\n{written}\n{signed}\n{payload}"
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    if not hmac.compare_digest(hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex(), signature):
        raise WrongSignature("SignatureDoesNotMatch")
    nonce = headers["x-acs-signature-nonce"]
    if nonce in nonces:
        raise WrongSignature("SignatureNonceUsed")
    nonces.add(nonce)


def _encoded(text: str) -> str:
    return quote(text, safe="~")
