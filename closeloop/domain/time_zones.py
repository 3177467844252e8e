"""Which clock a prospect lives by: from the CRM's own field, the state, the phone number or the country.

Invariant: what cannot be known is None, never a guess; whoever asks has a zone of their own to fall back on.
A country with several zones counts as the one most of its companies keep, unless a state or a number says more.
"""

from __future__ import annotations

from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from phonenumbers import timezone as phone_zones

from closeloop.domain.countries import fold

_BY_COUNTRY = """
Africa AO Luanda, CI Abidjan, CM Douala, DZ Algiers, EG Cairo, ET Addis_Ababa, GH Accra, KE Nairobi
Africa MA Casablanca, MZ Maputo, NA Windhoek, NG Lagos, RW Kigali, SN Dakar, TN Tunis, TZ Dar_es_Salaam
Africa UG Kampala, ZA Johannesburg, ZM Lusaka, ZW Harare
America AR Argentina/Buenos_Aires, BO La_Paz, BR Sao_Paulo, CA Toronto, CL Santiago, CO Bogota, CR Costa_Rica
America DO Santo_Domingo, EC Guayaquil, GT Guatemala, HN Tegucigalpa, JM Jamaica, KY Cayman, MX Mexico_City
America NI Managua, PA Panama, PE Lima, PR Puerto_Rico, PY Asuncion, SV El_Salvador, TT Port_of_Spain
America US New_York, UY Montevideo, VE Caracas, VG Tortola
Asia AE Dubai, AM Yerevan, AZ Baku, BD Dhaka, BH Bahrain, CN Shanghai, CY Nicosia, GE Tbilisi, HK Hong_Kong
Asia ID Jakarta, IL Jerusalem, IN Kolkata, IQ Baghdad, JO Amman, JP Tokyo, KH Phnom_Penh, KR Seoul, KW Kuwait
Asia KZ Almaty, LA Vientiane, LB Beirut, LK Colombo, MM Yangon, MN Ulaanbaatar, MO Macau, MY Kuala_Lumpur
Asia NP Kathmandu, OM Muscat, PH Manila, PK Karachi, QA Qatar, SA Riyadh, SG Singapore, TH Bangkok, TW Taipei
Asia UZ Tashkent, VN Ho_Chi_Minh
Atlantic BM Bermuda, IS Reykjavik
Australia AU Sydney
Europe AL Tirane, AT Vienna, BA Sarajevo, BE Brussels, BG Sofia, BY Minsk, CH Zurich, CZ Prague, DE Berlin
Europe DK Copenhagen, EE Tallinn, ES Madrid, FI Helsinki, FR Paris, GB London, GG Guernsey, GI Gibraltar
Europe GR Athens, HR Zagreb, HU Budapest, IE Dublin, IM Isle_of_Man, IT Rome, JE Jersey, LI Vaduz, LT Vilnius
Europe LU Luxembourg, LV Riga, MC Monaco, MD Chisinau, ME Podgorica, MK Skopje, MT Malta, NL Amsterdam
Europe NO Oslo, PL Warsaw, PT Lisbon, RO Bucharest, RS Belgrade, RU Moscow, SE Stockholm, SI Ljubljana
Europe SK Bratislava, TR Istanbul, UA Kyiv
Indian MU Mauritius
Pacific NZ Auckland
"""

_BY_STATE = {
    "US": {
        "America/Chicago": "al alabama|ar arkansas|ia iowa|il illinois|ks kansas|la louisiana|mn minnesota"
        "|mo missouri|ms mississippi|nd north dakota|ne nebraska|ok oklahoma|sd south dakota|tn tennessee|tx texas"
        "|wi wisconsin",
        "America/Denver": "co colorado|id idaho|mt montana|nm new mexico|ut utah|wy wyoming",
        "America/Phoenix": "az arizona",
        "America/Los_Angeles": "ca california|nv nevada|or oregon|wa washington",
        "America/Anchorage": "ak alaska",
        "Pacific/Honolulu": "hi hawaii",
        "America/New_York": "ct connecticut|dc d c|de delaware|fl florida|ga georgia|in indiana|ky kentucky"
        "|ma massachusetts|md maryland|me maine|mi michigan|nc north carolina|nh new hampshire|nj new jersey"
        "|ny new york|oh ohio|pa pennsylvania|ri rhode island|sc south carolina|va virginia|vt vermont"
        "|wv west virginia",
    },
    "CA": {
        "America/Vancouver": "bc british columbia",
        "America/Edmonton": "ab alberta|nt northwest territories",
        "America/Regina": "sk saskatchewan",
        "America/Winnipeg": "mb manitoba",
        "America/Toronto": "on ontario|qc quebec|nu nunavut",
        "America/Halifax": "nb new brunswick|ns nova scotia|pe prince edward island",
        "America/St_Johns": "nl newfoundland and labrador",
        "America/Whitehorse": "yt yukon",
    },
    "AU": {
        "Australia/Perth": "wa western australia",
        "Australia/Darwin": "nt northern territory",
        "Australia/Adelaide": "sa south australia",
        "Australia/Brisbane": "qld queensland",
        "Australia/Hobart": "tas tasmania",
        "Australia/Sydney": "nsw new south wales|act australian capital territory",
        "Australia/Melbourne": "vic victoria",
    },
    "BR": {
        "America/Manaus": "am amazonas|rr roraima",
        "America/Porto_Velho": "ro rondonia",
        "America/Rio_Branco": "ac acre",
        "America/Cuiaba": "mt mato grosso|ms mato grosso do sul",
    },
}
SEVERAL_ZONES = frozenset({"AU", "BR", "CA", "CL", "CN", "ID", "KZ", "MN", "MX", "NZ", "PT", "ES", "RU", "US"})
"""Where a phone number may say more than the country does."""


def _read_countries() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _BY_COUNTRY.strip().splitlines():
        area, rest = line.split(" ", 1)
        found |= {code: f"{area}/{city}" for code, city in (pair.strip().split(" ") for pair in rest.split(","))}
    return found


def _read_states() -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for country, zones in _BY_STATE.items():
        for zone, states in zones.items():
            for state in states.split("|"):
                code, name = state.split(" ", 1)
                found |= {(country, code): zone, (country, name): zone}
    return found


ZONE_OF_COUNTRY = _read_countries()
"""Alpha-2 code to the zone of the country, or of the most of its companies."""
_ZONE_OF_STATE = _read_states()


def zone_of(country: str | None, state: str | None, phone: str | None, given: str | None) -> str | None:
    """The IANA zone by the best evidence: the CRM's word, the state, the number, the country."""
    if given and is_zone(given):
        return given
    if country is None:
        return _zone_of_phone(phone, None) if phone else None
    by_state = _ZONE_OF_STATE.get((country, fold(state))) if state else None
    by_phone = _zone_of_phone(phone, country) if phone and country in SEVERAL_ZONES and not by_state else None
    return by_state or by_phone or ZONE_OF_COUNTRY.get(country)


def is_zone(name: str) -> bool:
    """True for a name of the IANA database that is on this machine."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=4096)
def _zone_of_phone(phone: str, country: str | None) -> str | None:
    """The zone of a number that belongs to one place; a mobile number of a wide country belongs to none."""
    try:
        number = phonenumbers.parse(phone[:60], country)
    except phonenumbers.NumberParseException:
        return None
    if country is not None and phonenumbers.region_code_for_number(number) != country:
        return None
    zones = [zone for zone in phone_zones.time_zones_for_number(number) if is_zone(zone)]
    return zones[0] if len(zones) == 1 else None


@cache
def zone(name: str) -> ZoneInfo:
    """The rules of a zone, read once."""
    return ZoneInfo(name)
