"""An invented desk as the pictures and many tests show it: the same numbers and times whenever it is made."""

from __future__ import annotations

from tests.samples import Json, active_record, ago, ahead, api_record, closed_record


def _person(first: str, last: str, email: str, phone: str) -> list[Json]:
    return [
        {
            "firstName": first,
            "lastName": last,
            "phoneNumber": phone,
            "email": email,
            "contactPreference": {"locale": "en-GB", "disableNotifications": False},
        }
    ]


def _customer(name: str, city: str, country: str, size: str, team: list[Json]) -> Json:
    return {"name": name, "size": size, "team": team, "address": {"city": city, "country": country, "state": None}}


MOEWE = _customer(
    "Reederei Möwe & Sohn KG",
    "Husum",
    "DE",
    "51to250employees",
    _person("Wiebke", "Carstensen", "w.carstensen@reederei-moewe.example", "+49 4841 0000017"),
)
ALMENDRO = _customer(
    "Conservas El Almendro S.A.",
    "Murcia",
    "ES",
    "251to1000employees",
    _person("Nuria", "Belmonte", "nuria@almendro.example", "+34 968 000 021"),
)
PENHALE = _customer(
    "Penhale Boatyard Ltd",
    "Falmouth",
    "GB",
    "10to50employees",
    _person("Tamsin", "Rowe", "tamsin.rowe@penhale.example", "+44 1326 000033"),
)
TAKASAGO = _customer(
    "高砂計器製作所 株式会社",
    "姫路市",
    "JP",
    "1001to5000employees",
    _person("真由美", "小野寺", "onodera@takasago-keiki.example", "+81 79 000 0042"),
)
NIDAROS = _customer(
    "Nidaros Tannklinikk AS",
    "Trondheim",
    "NO",
    "1to9employees",
    _person("Solveig", "Aune", "post@nidaros-tann.example", "+47 73 00 00 51"),
)
LISIERE = _customer(
    "Menuiserie de la Lisière SARL",
    "Annecy",
    "FR",
    "10to50employees",
    _person("Aurélien", "Chappaz", "a.chappaz@lisiere.example", "+33 4 50 00 00 63"),
)


def _needs(text: str, **more: object) -> Json:
    return {"notes": text, **more}


def desk_records() -> list[Json]:
    """Six in the Inbox (two hot flames, one cooled, two late), four engagements, five archived."""

    def number(n: int) -> Json:
        return {"id": f"{n:08d}-5b1e-4c07-9a5e-0c1d2e3f4a5b", "engagementId": f"{n:08d}-77aa-4d10-8f00-9b8a7c6d5e4f"}

    return [
        api_record(
            **number(1),
            createdDateTime=ago(hours=2),
            updatedDateTime=ago(hours=2),
            expirationDateTime=ahead(days=13, hours=16),
            customerProfile=MOEWE,
            details=_needs(
                "Move 80 mailboxes and a file server to Microsoft 365 before the season starts; no downtime on"
                " weekdays. Two ships are only reachable at night.",
                customerRequestedContact=True,
            ),
        ),
        api_record(
            **number(2),
            createdDateTime=ago(hours=27, minutes=20),
            updatedDateTime=ago(hours=27, minutes=20),
            expirationDateTime=ahead(hours=5, minutes=12),
            customerProfile=ALMENDRO,
            details=_needs("Tras un incidente de phishing: auditoría, MFA para 140 personas y un plan."),
            qualification="MarketingQualified",
        ),
        api_record(
            **number(3),
            createdDateTime=ago(hours=20, minutes=40),
            updatedDateTime=ago(hours=20, minutes=40),
            expirationDateTime=ahead(days=12, hours=21),
            customerProfile=PENHALE,
            details=_needs("Teams telephony, 45 seats, keep our numbers.", customerRequestedContact=True),
        ),
        api_record(
            **number(4),
            createdDateTime=ago(hours=23, minutes=19),
            updatedDateTime=ago(hours=23, minutes=19),
            expirationDateTime=ahead(days=13),
            customerProfile=TAKASAGO,
            details=_needs("メールボックス210件とファイルサーバーをMicrosoft 365へ移行したい。"),
            favorite=True,
        ),
        api_record(
            **number(5),
            createdDateTime=ago(days=4, hours=3),
            updatedDateTime=ago(days=4, hours=3),
            expirationDateTime=ahead(days=9, hours=21),
            customerProfile=NIDAROS,
            details=_needs("New laptops and a backup that works.", customerRequestedContact=True),
        ),
        api_record(
            **number(6),
            createdDateTime=ago(minutes=12),
            updatedDateTime=ago(minutes=12),
            expirationDateTime=None,
            customerProfile=LISIERE,
            details=_needs("Remplacer trois tableurs et un vieux CRM."),
            qualification="SalesQualified",
        ),
        active_record(**number(11), customerProfile=PENHALE, name="Penhale - Backup"),
        active_record(
            **number(12),
            customerProfile=ALMENDRO,
            name="Almendro - Power BI",
            details={"dealValue": 12500, "currency": "EUR", "closingDateTime": "2026-02-20T00:00:00Z"},
        ),
        active_record(
            **number(13),
            customerProfile=TAKASAGO,
            name="高砂 - Azure 移行",
            details={"dealValue": 7400000, "currency": "JPY", "closingDateTime": "2026-03-02T00:00:00Z"},
            team=[],
        ),
        active_record(
            **number(14),
            customerProfile=MOEWE,
            name="Möwe - Intune",
            details={"dealValue": None, "currency": None, "closingDateTime": "2026-09-30T00:00:00Z"},
            team=[
                {
                    "firstName": "Mara",
                    "lastName": "Voss",
                    "phoneNumber": "+49 431 0000010",
                    "email": "mara.voss@nordlicht-cloud.example",
                },
                {"firstName": "Jon", "lastName": "Brandt", "phoneNumber": "", "email": "jon@nordlicht-cloud.example"},
            ],
        ),
        closed_record("Won", **number(21), customerProfile=PENHALE, name="Penhale - Mailboxes"),
        closed_record("Lost", **number(22), customerProfile=ALMENDRO, closedDateTime=ago(days=33)),
        closed_record("Declined", **number(23), customerProfile=LISIERE, closedDateTime=ago(days=12)),
        closed_record("Expired", **number(24), customerProfile=NIDAROS, closedDateTime=ago(days=26)),
        closed_record("Won", **number(25), customerProfile=MOEWE, closedDateTime=ago(days=300), favorite=True),
    ]
