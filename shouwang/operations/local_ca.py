"""A certificate authority of the office's own: browsers trust what it signs once its certificate is installed.

Sound, notifications and cookies need a secure page also on a network without internet. The authority may only ever vouch
for names and addresses of local networks (RFC 5280 name constraints), so that whoever steals its key can imitate no bank.
"""

import ipaddress
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shouwang.exits import Refused

_AUTHORITY_LASTS: Final = timedelta(days=3650)
_CERTIFICATE_LASTS: Final = timedelta(days=397)
"""Browsers refuse longer ones (CA/Browser Forum ballot SC31: 398 days)."""
LOCAL_NETWORKS: Final = (
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
)
LOCAL_NAMES: Final = ("localhost", "local", "lan", "internal", "home.arpa")
"""Names nobody can own outside: RFC 6761, 6762, 8375 and what offices use."""


@dataclass(frozen=True)
class Issued:
    """Where a certificate (with its chain) and its key lie, and until when it is good."""

    cert: Path
    key: Path
    until: datetime


def _write(path: Path, data: bytes, mode: int) -> None:
    """The key is never readable by others, not even for a moment."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
    path.chmod(mode)


def _key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def authority(folder: Path) -> tuple[Path, Path]:
    """Where the authority's certificate and key lie."""
    return folder / "shouwang-ca.crt", folder / "shouwang-ca.key"


def fingerprint(cert: Path) -> str:
    """SHA-256, as browsers show it."""
    return x509.load_pem_x509_certificate(cert.read_bytes()).fingerprint(hashes.SHA256()).hex(":").upper()


def create_authority(folder: Path, town: str, *, names: tuple[str, ...] = (), now: datetime | None = None) -> Path:
    """A new authority. `names`: domains beyond the local ones that it may vouch for. Raises Refused if there is one."""
    cert_path, key_path = authority(folder)
    if cert_path.exists() or key_path.exists():
        raise Refused(f"已有证书机构：{cert_path}", f"there is an authority already: {cert_path}")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key, now = ec.generate_private_key(ec.SECP256R1()), now or datetime.now(UTC)
    name = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, town[:64] or "Shouwang"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"Shouwang local CA {now:%Y-%m-%d}"),
    ])  # fmt: skip
    allowed: list[x509.GeneralName] = [x509.DNSName(each) for each in (*LOCAL_NAMES, *names)]
    allowed += [x509.IPAddress(ipaddress.ip_network(each)) for each in LOCAL_NETWORKS]
    certificate = (
        _begun(name, name, key.public_key(), now, _AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=allowed, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(key_path, _key_bytes(key), 0o600)
    _write(cert_path, _pem(certificate), 0o644)
    return cert_path


def issue(folder: Path, hosts: tuple[str, ...], *, now: datetime | None = None) -> Issued:
    """A certificate for these names and addresses, signed by the authority. Raises Refused."""
    cert_path, key_path = authority(folder)
    if not key_path.exists():
        raise Refused("还没有证书机构", "there is no authority yet: run `shouwang ca create` first")
    signer = x509.load_pem_x509_certificate(cert_path.read_bytes())
    signer_key = serialization.load_pem_private_key(key_path.read_bytes(), password=None)
    assert isinstance(signer_key, ec.EllipticCurvePrivateKey)
    named = [_general(host) for host in hosts]
    for host, each in zip(hosts, named, strict=True):
        if not _within(signer, each):
            raise Refused(
                f"{host} 不在本机构可证明的范围",
                f"this authority may not vouch for {host}: create it with `--name {host}`, or use a local name or address",
            )
    key, now = ec.generate_private_key(ec.SECP256R1()), now or datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    certificate = (
        _begun(name, signer.subject, key.public_key(), now, _CERTIFICATE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(named), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()), critical=False)
        .sign(signer_key, hashes.SHA256())
    )
    stem = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in hosts[0])
    made = Issued(folder / f"{stem}.crt", folder / f"{stem}.key", certificate.not_valid_after_utc)
    _write(made.key, _key_bytes(key), 0o600)
    _write(made.cert, _pem(certificate) + _pem(signer), 0o644)
    return made


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasts: timedelta
) -> x509.CertificateBuilder:
    """An hour back, for PCs whose clock is behind."""
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + lasts)
    )  # fmt: skip


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host.lower())


def _within(signer: x509.Certificate, named: x509.GeneralName) -> bool:
    """May the authority vouch for it? Browsers ask the same."""
    allowed = signer.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    if isinstance(named, x509.IPAddress):
        networks = [each.value for each in allowed if isinstance(each, x509.IPAddress)]
        return any(
            named.value in network
            for network in networks
            if not isinstance(network, ipaddress.IPv4Address | ipaddress.IPv6Address)
        )
    ends = [each.value for each in allowed if isinstance(each, x509.DNSName)]
    return any(named.value == end or named.value.endswith(f".{end}") for end in ends)
