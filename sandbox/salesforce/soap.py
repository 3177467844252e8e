"""SOAP, as far as the REST API has no counterpart: `login` and `convertLead`.

Invariant: one lead's refusal leaves the other conversions of the same call in force.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from starlette.requests import Request as Wire
from starlette.responses import Response

from sandbox.salesforce import seed
from sandbox.salesforce.call import Call
from sandbox.salesforce.convert import Converted, Wish, convert
from sandbox.salesforce.errors import ApiError, RecordError
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.responses import Endpoint, record, token_of, unpacked
from sandbox.world import World

_NO_LOGIN_FROM = 65.0
_MOST_CONVERSIONS = 100
_BAD_LOGIN = "Invalid username, password, security token; or user locked out."
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
    ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:partner.soap.sforce.com"'
    ' xmlns:sf="urn:fault.partner.soap.sforce.com" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "{}</soapenv:Envelope>"
)


class Fault(Exception):
    """A SOAP fault with Salesforce's exception code."""

    def __init__(self, code: str, message: str, kind: str = "ApiFault") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.kind = kind

    def xml(self) -> str:
        code, message = escape(self.code), escape(self.message)
        return (
            f"<soapenv:Fault><faultcode>sf:{code}</faultcode><faultstring>{code}: {message}</faultstring>"
            f'<detail><sf:{self.kind} xsi:type="sf:{self.kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
            f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{self.kind}></detail></soapenv:Fault>"
        )


def endpoint(world: World) -> Endpoint:
    """The handler of /services/Soap/u/… and /c/…"""
    org = org_of(world)

    async def handle(wire: Wire) -> Response:
        content = await wire.body()
        call = org.call(token_of({}, content))
        before = org.limits.used
        try:
            status, body = 200, _act(org, call, wire, content)
        except Fault as fault:
            status, body = 500, fault.xml()
        except ApiError as error:
            status, body = 500, Fault(error.code, error.message).xml()
        record(org, wire, call, status, org.limits.used - before)
        return Response(envelope(org, body), status, media_type="text/xml;charset=UTF-8")

    return handle


def envelope(org: Org, body: str) -> str:
    """A whole answer around a body, with the header that tells how much of the day's calls is used."""
    limits = org.limits
    info = f"<current>{limits.used}</current><limit>{limits.most}</limit><type>API REQUESTS</type>"
    header = f"<LimitInfoHeader><limitInfo>{info}</limitInfo></LimitInfoHeader>"
    return _ENVELOPE.format(f"<soapenv:Header>{header}</soapenv:Header><soapenv:Body>{body}</soapenv:Body>")


def _act(org: Org, call: Call, wire: Wire, content: bytes) -> str:
    asked = _parsed(unpacked(wire.headers, content))
    action = next(iter(_child(asked, "Body") or ()), None)
    name = _local(action) if action is not None else "nothing"
    if action is not None and name == "login":
        return _login(org, wire, action)
    session = _text(asked, "Header/SessionHeader/sessionId")
    if not session or not org.sessions.valid(session):
        message = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found"
        raise Fault("INVALID_SESSION_ID", message, "UnexpectedErrorFault")
    if action is None or name != "convertLead":
        raise Fault("INVALID_OPERATION", f"{name} is not available in this org; login and convertLead are")
    org.limits.spend(1, call.username)
    call.save_duplicates = _text(asked, "Header/DuplicateRuleHeader/allowSave") in ("true", "1")
    call.version = wire.path_params["version"].strip("/")
    return _convert(org, call, list(action))


def _parsed(content: bytes) -> Element:
    try:
        found: Element = fromstring(content)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise Fault("INVALID_SOAP_HEADER", f"The request is not a SOAP envelope: {error}") from None
    return found


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element | None, name: str) -> Element | None:
    return next((item for item in element if _local(item) == name), None) if element is not None else None


def _text(element: Element | None, path: str) -> str:
    for name in path.split("/"):
        element = _child(element, name)
    return (element.text or "").strip() if element is not None else ""


def _login(org: Org, wire: Wire, action: Element) -> str:
    version = wire.path_params["version"].strip("/")
    if re.fullmatch(r"\d+\.\d", version) is None or float(version) >= _NO_LOGIN_FROM:
        message = f"SOAP login is not available in API version {version}; use 64.0 or older, or OAuth"
        raise Fault("UNSUPPORTED_API_VERSION", message)
    known = org.world.credentials
    password = known.password + known.security_token
    if (_text(action, "username"), _text(action, "password")) != (known.username, password):
        raise Fault("INVALID_LOGIN", _BAD_LOGIN, "LoginFault")
    host = f"{wire.url.scheme}://{wire.headers.get('host', wire.url.netloc)}/services/Soap"
    return (
        f"<loginResponse><result><metadataServerUrl>{host}/m/{version}/{seed.ORG_ID}</metadataServerUrl>"
        f"<passwordExpired>false</passwordExpired><sandbox>true</sandbox>"
        f"<serverUrl>{host}/u/{version}/{seed.ORG_ID}</serverUrl>"
        f"<sessionId>{org.sessions.issue()}</sessionId><userId>{seed.INTEGRATION_USER_ID}</userId>{_user_info(org)}"
        "</result></loginResponse>"
    )


def _user_info(org: Org) -> str:
    # The order is the WSDL's: clients read some of these by position.
    known = escape(org.world.credentials.username)
    values = {
        "accessibilityMode": "false",
        "chatterExternal": "false",
        "currencySymbol": "$",
        "orgAttachmentFileSizeLimit": "5242880",
        "orgDefaultCurrencyIsoCode": "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": "false",
        "orgHasPersonAccounts": "false",
        "organizationId": seed.ORG_ID,
        "organizationMultiCurrency": "false",
        "organizationName": "Closeloop Sandbox",
        "userEmail": known,
        "userFullName": "Closeloop Integration",
        "userId": seed.INTEGRATION_USER_ID,
        "userLanguage": "en_US",
        "userLocale": "en_US",
        "userName": known,
        "userTimeZone": "UTC",
        "userType": "Standard",
    }
    return "<userInfo>" + "".join(f"<{name}>{value}</{name}>" for name, value in values.items()) + "</userInfo>"


def _convert(org: Org, call: Call, leads: list[Element]) -> str:
    if len(leads) > _MOST_CONVERSIONS:
        message = f"At most {_MOST_CONVERSIONS} leads can be converted in one call, {len(leads)} were given"
        raise Fault("EXCEEDED_LEAD_CONVERT_LIMIT", message)
    with org.store.transaction():
        results = [_one(call, lead) for lead in leads]
    return f"<convertLeadResponse>{''.join(results)}</convertLeadResponse>"


def _one(call: Call, lead: Element) -> str:
    lead_id = _text(lead, "leadId")
    try:
        done = convert(call, _wish(lead, lead_id))
    except RecordError as error:
        fields = [("fields", name) for name in error.fields or ()]
        errors = [*fields, ("message", error.message), ("statusCode", error.code)]
        return _result({}, lead_id, f"<errors>{_elements(errors)}</errors>", success=False)
    return _result(_ids(done), lead_id, "", success=True)


def _wish(lead: Element, lead_id: str) -> Wish:
    for name in ("accountRecord", "contactRecord", "opportunityRecord"):
        if _child(lead, name) is not None:
            raise RecordError("INVALID_FIELD", f"{name} is not available in this org", [name])
    return Wish(
        lead_id=lead_id,
        status=_text(lead, "convertedStatus"),
        without_opportunity=_text(lead, "doNotCreateOpportunity") in ("true", "1"),
        overwrite_source=_text(lead, "overwriteLeadSource") in ("true", "1"),
        account_id=_text(lead, "accountId") or None,
        contact_id=_text(lead, "contactId") or None,
        opportunity_id=_text(lead, "opportunityId") or None,
        opportunity_name=_text(lead, "opportunityName") or None,
        owner_id=_text(lead, "ownerId") or None,
    )


def _ids(done: Converted) -> dict[str, str | None]:
    return {"accountId": done.account_id, "contactId": done.contact_id, "opportunityId": done.opportunity_id}


def _elements(pairs: Iterable[tuple[str, Any]]) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in pairs)


def _result(ids: dict[str, str | None], lead_id: str, errors: str, *, success: bool) -> str:
    def shown(name: str) -> str:
        value = ids.get(name)
        return f"<{name}>{value}</{name}>" if value else f'<{name} xsi:nil="true"/>'

    return (
        f"<result>{shown('accountId')}{shown('contactId')}{errors}<leadId>{escape(lead_id)}</leadId>"
        f"{shown('opportunityId')}<success>{'true' if success else 'false'}</success></result>"
    )
