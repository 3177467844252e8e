"""OAuth: client credentials, password and JWT bearer grants, introspection, userinfo, revocation, and registered
JWT keys.

Invariant: a session is issued only for the sandbox's own credentials, or for a JWT signed by a registered
key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import jwt
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.requests import Request as Wire
from starlette.responses import Response

from sandbox.salesforce import identity, seed
from sandbox.salesforce.models import Org, org_of
from sandbox.salesforce.responses import Endpoint
from sandbox.world import World

_JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
# Sessions here end only when they are revoked; clients compare this with real time, not with the sandbox's clock.
_NEVER = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
Form = dict[str, str]


class OAuthError(Exception):
    """A refusal in OAuth's own shape."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.description = description
        self.status = status


def endpoint(world: World) -> Endpoint:
    """The handler of /services/oauth2/…"""
    org = org_of(world)

    async def handle(wire: Wire) -> Response:
        form = dict(parse_qsl((await wire.body()).decode("utf-8", "replace"), keep_blank_values=True))
        form = {**dict(wire.query_params), **form, **_basic(wire)}
        try:
            return _json(_act(org, wire, form), 200)
        except OAuthError as error:
            return _json({"error": error.error, "error_description": error.description}, error.status)

    return handle


def _json(body: Any, status: int) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json;charset=UTF-8")


def _basic(wire: Wire) -> Form:
    scheme, _, encoded = wire.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise OAuthError("invalid_client", "invalid client credentials", 401) from None
    return {"client_id": name, "client_secret": secret}


def _act(org: Org, wire: Wire, form: Form) -> Any:
    action = wire.path_params["action"]
    if action == "token" and wire.method == "POST":
        return _token(org, wire, form)
    if action == "introspect" and wire.method == "POST":
        return _introspect(org, form)
    if action == "userinfo":
        return _userinfo(org, wire, form)
    if action == "revoke":
        org.sessions.revoke(form.get("token", ""))
        return {}
    raise OAuthError("invalid_request", f"there is no {wire.method} /services/oauth2/{action} here", 404)


def _token(org: Org, wire: Wire, form: Form) -> dict[str, str]:
    grants = {"client_credentials": _client, "password": _password, _JWT_GRANT: _jwt_bearer}
    grant = grants.get(form.get("grant_type", ""))
    if grant is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    grant(org, wire, form)
    instance = _instance(wire)
    answer = {
        "access_token": org.sessions.issue(),
        "instance_url": instance,
        "id": f"{instance}/id/{seed.ORG_ID}/{seed.INTEGRATION_USER_ID}",
        "token_type": "Bearer",
        "issued_at": str(int(org.world.clock.now().timestamp() * 1000)),
        "signature": "c2FuZGJveA==",
        "scope": "api",
    }
    return answer | ({"api_instance_url": instance} if grant is _client else {})


def _instance(wire: Wire) -> str:
    return f"{wire.url.scheme}://{wire.headers.get('host', wire.url.netloc)}"


def _same(given: str | None, known: str) -> bool:
    return hmac.compare_digest((given or "").encode(), known.encode())


def _client(org: Org, wire: Wire, form: Form) -> None:
    known = org.world.credentials
    if not _same(form.get("client_id"), known.client_id):
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if not _same(form.get("client_secret"), known.client_secret):
        raise OAuthError("invalid_client", "invalid client credentials", 401)


def _password(org: Org, wire: Wire, form: Form) -> None:
    _client(org, wire, form)
    known = org.world.credentials
    given = form.get("password")
    with_token = _same(given, known.password + known.security_token)
    if not _same(form.get("username"), known.username) or not (with_token or _same(given, known.password)):
        raise OAuthError("invalid_grant", "authentication failure")


def _jwt_bearer(org: Org, wire: Wire, form: Form) -> None:
    assertion = form.get("assertion", "")
    client_id = _claims(assertion, None).get("iss", "")
    key = org.sessions.public_key(client_id) if isinstance(client_id, str) else None
    if key is None:
        raise OAuthError(
            "invalid_client_id", "client identifier invalid: no public key is registered for this client"
        )
    claims = _claims(assertion, key)
    if claims.get("aud") not in (*_AUDIENCES, _instance(wire)):
        raise OAuthError("invalid_grant", "audience is invalid")
    if claims.get("sub") != org.world.credentials.username:
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _claims(assertion: str, key: str | None) -> dict[str, Any]:
    checks = {
        "verify_signature": key is not None,
        "verify_aud": False,
        "require": ["iss", "sub", "aud", "exp"],
    }
    try:
        # Real time decides over the expiry: the client that set it knows nothing of the sandbox's clock.
        return dict(jwt.decode(assertion, key or "", algorithms=["RS256"], options=checks))  # type: ignore[arg-type]
    except jwt.ExpiredSignatureError:
        raise OAuthError("invalid_grant", "expired assertion: exp lies in the past") from None
    except jwt.PyJWTError as error:
        raise OAuthError("invalid_grant", f"invalid assertion: {error}") from None


def _introspect(org: Org, form: Form) -> dict[str, Any]:
    _client(org, None, form)  # type: ignore[arg-type]
    if not org.sessions.valid(form.get("token", "")):
        return {"active": False}
    issued = int(org.world.clock.now().timestamp())
    return {
        "active": True,
        "scope": "api",
        "client_id": org.world.credentials.client_id,
        "username": org.caller(form["token"]),
        "sub": org.sessions.caller(form["token"]).user_id,
        "token_type": "access_token",
        "iat": issued,
        "nbf": issued,
        "exp": _NEVER,
    }


def _userinfo(org: Org, wire: Wire, form: Form) -> dict[str, Any]:
    """Of the session in the header or, as OAuth allows, in the form."""
    scheme, _, given = wire.headers.get("authorization", "").partition(" ")
    token = given if scheme.lower() in {"bearer", "oauth"} else form.get("access_token", "")
    if not org.sessions.valid(token):
        raise OAuthError("Bad_OAuth_Token", "Bad_OAuth_Token", 403)
    return identity.userinfo(org, org.sessions.caller(token).user_id, _instance(wire))


def keys_endpoint(world: World) -> Endpoint:
    """The handler of POST /_control/jwt_keys: registers the public key of a JWT client."""
    org = org_of(world)

    async def handle(wire: Wire) -> Response:
        try:
            client_id, pem = _key_of(await wire.body())
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        org.sessions.register_key(client_id, pem)
        return _json({"client_id": client_id}, 201)

    return handle


def _key_of(content: bytes) -> tuple[str, str]:
    wanted = {"client_id", "public_key_pem"}
    body = orjson.loads(content or b"null")
    if not isinstance(body, dict) or set(body) != wanted or not all(isinstance(body[name], str) for name in wanted):
        raise ValueError('send {"client_id": "…", "public_key_pem": "-----BEGIN PUBLIC KEY-----…"}')
    try:
        key = load_pem_public_key(body["public_key_pem"].encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("public_key_pem is not a PEM public key") from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("public_key_pem must be an RSA key: assertions are signed by RS256")
    return body["client_id"], body["public_key_pem"]
