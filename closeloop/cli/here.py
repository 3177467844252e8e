"""Whether an address is on this machine: a sandbox, where nobody real is reached and time is simulated."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from config.settings import Settings


def is_here(address: str | None) -> bool:
    """True for a loopback address such as `http://127.0.0.1:8081`."""
    host = (urlsplit(address).hostname if address else None) or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def works_on_a_sandbox(chosen: Settings) -> bool:
    """The CRM and the mail service are both on this machine."""
    return is_here(chosen.salesforce_instance_url) and is_here(chosen.sendgrid_host)
