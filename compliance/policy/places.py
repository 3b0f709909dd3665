"""Places: countries, their parts, and the European Union and Economic Area as groups."""

import re
from typing import Any

from compliance.policy.errors import PolicyError
from compliance.policy.plain import text

# ISO 3166-1 alpha-2, as of 2024.
_COUNTRIES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT
BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH
ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT
HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS
LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI
NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG
UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
# ISO 3166-2:US: states, the district and territories. Rules name states, so a wrong one has to be seen.
_PARTS_OF_US = """
AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC ND NE
NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UM UT VA VI VT WA WI WV WY
"""
_EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
EU_MEMBERS = frozenset(_EU.split())
EEA_MEMBERS = EU_MEMBERS | {"IS", "LI", "NO"}

# ISO 3166-1 alpha-2 or ISO 3166-2, such as DE or US-WA, and the groups EU and EEA.
_PART = "(-[A-Z0-9]{1,3})?"
JURISDICTION = re.compile(
    f"EU|EEA|US(-({'|'.join(_PARTS_OF_US.split())}))?|(?!US)({'|'.join(_COUNTRIES.split())}){_PART}"
)
_OFTEN_MEANT = {"UK": "GB", "GBR": "GB", "EL": "GR", "USA": "US", "DEU": "DE", "FRA": "FR", "EUROPE": "EU"}


def place(value: Any) -> str:
    """Read a code of a place.

    Raises:
        PolicyError: `jurisdiction`, it is none; the sentence says which is meant, where that can be told.
    """
    code = text(value)
    if JURISDICTION.fullmatch(code):
        return code
    country, _, part = code.strip().upper().replace("_", "-").replace(" ", "-").partition("-")
    meant = "-".join(filter(None, (_OFTEN_MEANT.get(country, country), part)))
    if JURISDICTION.fullmatch(meant):
        raise PolicyError("jurisdiction", f"{code!r} is no jurisdiction: write {meant}.")
    raise PolicyError(
        "jurisdiction",
        f"{code!r} is no jurisdiction: write a country or a part of one by ISO 3166, such as DE or US-WA, "
        "or EU or EEA.",
    )


def jurisdiction_words(code: str) -> frozenset[str]:
    """Return every word of jurisdiction that a code falls under.

    Args:
        code: ISO 3166-1 alpha-2 ("DE"), ISO 3166-2 ("US-WA") or the group words "EU" and "EEA".

    Returns:
        The code itself, its country, and "EU" and "EEA" where the country belongs to them.
    """
    country = code.split("-", maxsplit=1)[0]
    words = {code, country}
    if country in EU_MEMBERS or country == "EU":
        words |= {"EU", "EEA"}
    elif country in EEA_MEMBERS:
        words.add("EEA")
    return frozenset(words)
