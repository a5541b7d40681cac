"""The currency of a country, for a form that a person reads before anything is decided; never guessed elsewhere."""

from __future__ import annotations

from functools import lru_cache

# Currency: the countries that pay in it, as CLDR has them.
_COUNTRIES = """
    AED: AE, AFN: AF, ALL: AL, AMD: AM, AOA: AO, ARS: AR, AUD: AU CC CX HM KI NF NR TV, AWG: AW, AZN: AZ, BAM: BA,
    BBD: BB, BDT: BD, BHD: BH, BIF: BI, BMD: BM, BND: BN, BOB: BO, BRL: BR, BSD: BS, BWP: BW, BYN: BY, BZD:
    BZ, CAD: CA, CDF: CD, CHF: CH LI, CLP: CL, CNY: CN, COP: CO, CRC: CR, CUP: CU, CVE: CV, CZK: CZ, DJF: DJ, DKK:
    DK FO GL, DOP: DO, DZD: DZ, EGP: EG, ERN: ER, ETB: ET, EUR: AD AT AX BE BG BL CY DE EA EE ES EU FI FR GF GP GR HR
    IC IE IT LT LU LV MC ME MF MQ MT NL PM PT RE SI SK SM TF VA XK YT, FJD: FJ, FKP: FK, GBP: GB GG GS IM JE TA,
    GEL: GE, GHS: GH, GIP: GI, GMD: GM, GNF: GN, GTQ: GT, GYD: GY, HKD: HK, HNL: HN, HTG: HT, HUF: HU, IDR: ID, ILS:
    IL PS, BTN: BT, INR: IN, IQD: IQ, IRR: IR, ISK: IS, JMD: JM, JOD: JO, JPY: JP, KES: KE, KGS: KG, KHR: KH, KMF: KM,
    KPW: KP, KRW: KR, KWD: KW, KYD: KY, KZT: KZ, LAK: LA, LBP: LB, LKR: LK, LRD: LR, LYD: LY, MAD: EH MA, MDL: MD,
    MGA: MG, MKD: MK, MMK: MM, MNT: MN, MOP: MO, MRU: MR, MUR: MU, MVR: MV, MWK: MW, MXN: MX, MYR: MY, MZN: MZ, NGN:
    NG, NIO: NI, NOK: BV NO SJ, NPR: NP, NZD: CK NU NZ PN TK, OMR: OM, PAB: PA, PEN: PE, PGK: PG, PHP: PH, PKR: PK,
    PLN: PL, PYG: PY, QAR: QA, RON: RO, RSD: RS, RUB: RU, RWF: RW, SAR: SA, SBD: SB, SCR: SC, SDG: SD, SEK: SE, SGD:
    SG, SHP: AC SH, SLE: SL, SOS: SO, SRD: SR, SSP: SS, STN: ST, SYP: SY, SZL: SZ, THB: TH, TJS: TJ, TMT: TM, TND:
    TN, TOP: TO, TRY: TR, TTD: TT, TWD: TW, TZS: TZ, UAH: UA, UGX: UG, USD: AS BQ DG EC FM GU IO MH MP PR PW SV TC
    TL UM US VG VI ZW, UYU: UY, UZS: UZ, VES: VE, VND: VN, VUV: VU, WST: WS, XAF: CF CG CM GA GQ TD, XCD: AG AI DM
    GD KN LC MS VC, XCG: CW SX, XOF: BF BJ CI GW ML NE SN TG, XPF: NC PF WF, YER: YE, ZAR: LS NA ZA, ZMW: ZM
"""


@lru_cache(maxsize=1)
def _currencies() -> dict[str, str]:
    found = {}
    for part in _COUNTRIES.split(","):
        currency, _colon, countries = part.partition(":")
        found.update(dict.fromkeys(countries.split(), currency.strip()))
    return found


def currency_of(country: str | None) -> str | None:
    """The ISO 4217 currency of an ISO 3166 country; None where there is no such country."""
    return _currencies().get((country or "").strip().upper())
