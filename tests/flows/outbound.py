"""Outbound messages as Salesforce posts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.fakes.crm import ORG

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">"""
TAIL = "</notifications></soapenv:Body></soapenv:Envelope>"


def notification(number: int, record_id: str, kind: str = "Lead", values: Mapping[str, str] | None = None) -> str:
    """One of a message; `values` are fields of the record."""
    shown = "".join(f"<sf:{name}>{value}</sf:{name}>" for name, value in (values or {}).items())
    return (
        f"<Notification><Id>04l{number:012}AAA</Id>"
        f'<sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>{record_id}</sf:Id>{shown}</sObject></Notification>"
    )


def message(notifications: Sequence[str], org: str = ORG) -> bytes:
    """The envelope around them."""
    about = (
        f'<OrganizationId>{org}</OrganizationId><ActionId>04k000000000001AAA</ActionId><SessionId xsi:nil="true"/>'
    )
    return (HEAD + about + "".join(notifications) + TAIL).encode()
