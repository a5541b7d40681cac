"""The sign-in half of the stand-in: a tenant that issues tokens by device code and by PKCE, and lets them die."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

TENANT = "7d1c2f0e-3f5a-4a0e-9a57-0d6f5b1c2a11"
CLIENT = "0b6e9a52-8f0d-4c3c-8a7e-41d1f7c0de55"
Json = dict[str, Any]


def jwt(claims: Json) -> str:
    """A token that says something of itself; nobody checks its signature here."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, secrets.token_urlsafe(16)])


@dataclass
class Authority:
    """Who is signed in, and with what.

    Attributes:
        account: who signs in next.
        refused: the number of a sign-in error for every request of a token, such as `53003`.
        code_waits: how many times a device asks before the person has typed the code.
        issued: every secret that was ever given out; none may be found anywhere else.
    """

    url: str = ""
    account: str = "mara.voss@nordlicht.example"
    refused: str = ""
    code_waits: int = 1
    lifetime: int = 3600
    access: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    issued: list[str] = field(default_factory=list)
    codes: dict[str, Json] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def revoke_access(self) -> None:
        """Every access token dies before its time."""
        self.access.clear()

    def revoke_refresh(self) -> None:
        """Every refresh token dies."""
        self.refresh.clear()

    def new_token(self) -> str:
        """An access token, as `token_command` would print it."""
        token = jwt({"upn": self.account, "tid": TENANT, "n": secrets.token_hex(8)})
        self.access[token] = self.account
        self.issued.append(token)
        return token

    def authorize(self, query: Json) -> str:
        """What the browser is sent to when the person has signed in: the redirect with its code."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = query
        self.issued.append(code)
        return f"{query['redirect_uri']}/?{urlencode({'code': code, 'state': query['state']})}"

    def answer(self, method: str, path: str, form: Json) -> tuple[int, Json]:
        """The answer to a request of the sign-in."""
        self.requests.append(f"{method} {path}")
        base = f"{self.url}/{TENANT}"
        if path.endswith("/.well-known/openid-configuration"):
            return 200, {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
            }
        if path.endswith("/devicecode"):
            code = secrets.token_urlsafe(24)
            self.codes[code] = {"waits": self.code_waits}
            self.issued.append(code)
            return 200, {
                "user_code": "HJKL-4711",
                "device_code": code,
                "verification_uri": "https://microsoft.example/devicelogin",
                "expires_in": 900,
                "interval": 1,
                "message": "\x1b[31mgo there\x1b[0m",
            }
        if path.endswith("/token"):
            return self._token(form)
        return 404, {"error": "not_found"}

    def _token(self, form: Json) -> tuple[int, Json]:
        if self.refused:
            text = f"AADSTS{self.refused}: \x1b[2Jno. Trace ID: 1"
            return 400, {"error": "invalid_grant", "error_codes": [int(self.refused)], "error_description": text}
        grant = form.get("grant_type", "")
        if grant.endswith("device_code"):
            known = self.codes.get(form.get("device_code", ""))
            if known is None:
                return 400, {"error": "bad_verification_code"}
            if known["waits"] > 0:
                known["waits"] -= 1
                return 400, {"error": "authorization_pending"}
            del self.codes[form["device_code"]]
            return 200, self._issue(self.account)
        if grant == "authorization_code":
            asked = self.codes.pop(form.get("code", ""), None)
            verifier = form.get("code_verifier", "")
            hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
            if asked is None or asked.get("code_challenge_method") != "S256" or asked["code_challenge"] != hashed:
                return 400, {"error": "invalid_grant", "error_description": "AADSTS501481: the code verifier"}
            return 200, self._issue(self.account, asked.get("nonce"))
        if grant == "refresh_token":
            account = self.refresh.pop(form.get("refresh_token", ""), None)
            if account is None:
                text = "AADSTS700082: The refresh token has expired due to inactivity."
                return 400, {"error": "invalid_grant", "error_codes": [700082], "error_description": text}
            return 200, self._issue(account)
        return 400, {"error": "unsupported_grant_type"}

    def _issue(self, account: str, nonce: str | None = None) -> Json:
        access, refresh = jwt({"upn": account, "tid": TENANT, "n": secrets.token_hex(8)}), secrets.token_urlsafe(40)
        self.access[access], self.refresh[refresh] = account, account
        self.issued += [access, refresh]
        info = base64.urlsafe_b64encode(json.dumps({"uid": account, "utid": TENANT}).encode()).decode().rstrip("=")
        claims = {"preferred_username": account, "tid": TENANT, "sub": account, "oid": account, "aud": CLIENT}
        claims |= {"iss": f"{self.url}/{TENANT}/v2.0", "iat": 0, "exp": 2**33, "nonce": nonce}
        return {
            "token_type": "Bearer",
            "access_token": access,
            "refresh_token": refresh,
            "id_token": jwt(claims),
            "client_info": info,
            "expires_in": self.lifetime,
            "scope": "https://api.partner.microsoft.com/.default",
        }
