"""What a job title says about rank and field of work, in the languages our prospects write them in.

A title nobody can place is `other`, an empty one `unknown`: neither is a guess.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Seniority = Literal["c_level", "vp", "director", "head", "manager", "other", "unknown"]
Function = Literal["finance", "operations", "it", "procurement", "hr", "sales", "other"]

_RANKS: dict[Seniority, str] = {
    "other": r"(?:executive |personal |management )?assistant(?! (?:vice|vp|director))|assistentin"
    r"|assistenz"
    r"|to the (?:ceo|cfo|coo)|intern\b|trainee|werkstudent|praktikant|becari[oa]|stagiaire|apprentice"
    r"|office of the|ผู้ช่วย",
    "c_level": r"\bc[eftodimprs]oo?\b|\bch(?:ro|co)\b|\bcpo\b|\bciso\b|\bchief\b.*\bofficer\b"
    r"|chief of (?:finance|operations)"
    r"|\b(?:co-?)?founder|(?<!product )(?<!process )\bowner\b|(?<!vice )(?<!vice-)\bpresident\b"
    r"|managing director|general manager|geschaftsfuhr"
    r"|\bvorstand|director general|directora general|director gerente|\bgerente general"
    r"|consejer[oa] delegad[oa]"
    r"|\bp\.?d\.?g\b|president[e]?[- ]directeur|directeur general|directrice generale|gerant\b"
    r"|finanzvorstand"
    r"|inhaber|ประธานเจ้าหน้าที่|กรรมการผู้จัดการ|首席|总裁|总经理",
    "vp": r"\bs?e?a?vp\b|vice[- ]president|vicepresident[ea]|bereichsvorstand|รองประธาน|副总裁",
    "director": r"\bdirector(?:a|s)?\b|\bdirecteur\b|\bdirectrice\b|\bdirektor(?:in)?\b|\bmd\b|\bdaf\b"
    r"|\bdrh\b|ผู้อำนวยการ|总监",
    "head": r"\bhead\b|\bleit(?:er|erin|ung)\b|leiter(?:in)?\b|bereichsleit|abteilungsleit|\bjef[ea]\b"
    r"|\bchef(?:fe)?\b"
    r"|\bresponsable\b|\bcontroller\b|\btreasurer\b|\blead\b|หัวหน้า|部长",
    "manager": r"\bmanager(?:in)?\b|\bgerente\b|\bgestionnaire\b|\bsupervisor\b|\bteamleit|\bcoordinator\b"
    r"|ผู้จัดการ|经理",
}
"""Tried in this order: whoever assists a chief is no chief."""

_FUNCTIONS: dict[Function, str] = {
    "procurement": r"procure|purchas|sourcing|\bbuyer\b|\bcpo\b|supply management|einkauf|beschaffung"
    r"|compras"
    r"|\bachats?\b|acheteur|approvisionnement|จัดซื้อ|采购",
    "finance": r"financ|finanz|\bcfo\b|\baccount(?:s|ing|ants?)\b|treasur|controll|billing|payable"
    r"|receivable|\btax\b|audit|buchhalt"
    r"|rechnungswesen|contab|tesorer|comptab|tresor|\bdaf\b|การเงิน|บัญชี|财务|会计",
    "hr": r"\bhr\b|\bchro\b|human resources|\bpeople\b|talent|recruit|personal(?:leit|wesen|abteil)"
    r"|recursos humanos"
    r"|ressources humaines|\bdrh\b|ทรัพยากรบุคคล|人力资源",
    "it": r"\bit\b|\bc[it]o\b|\bciso\b|information (?:technology|systems|security)|digital|technolog"
    r"|software|\bdata\b"
    r"|engineer(?:ing)?\b|informati[kqc]|sistemas|\bdsi\b|cyber|สารสนเทศ|信息",
    "sales": r"\bsales\b|business development|commercial|revenue|\bcro\b"
    r"|\baccount (?:manager|executive|director)|vertrieb|ventas|comercial"
    r"|\bventes?\b|ฝ่ายขาย|销售",
    "operations": r"operation|\bcoo\b|\bops\b|supply chain|logisti|production|manufactur|plant\b"
    r"|warehouse|shared services"
    r"|betrieb|operacion|exploitation|produktion|produccion|ปฏิบัติการ|โลจิสติกส์|运营",
}

_RANK_PATTERNS = {rank: re.compile(pattern) for rank, pattern in _RANKS.items()}
_FUNCTION_PATTERNS = {name: re.compile(pattern) for name, pattern in _FUNCTIONS.items()}


def _plain(title: str) -> str:
    """Lower case; Latin letters without accents, other scripts as they are."""
    letters = unicodedata.normalize("NFD", title.casefold())
    plain = "".join(c for c in letters if not "\u0300" <= c <= "\u036f")
    return " ".join(unicodedata.normalize("NFC", plain).split())


def seniority(title: str | None) -> Seniority:
    """The highest rank a title names: "VP Finance" is `vp`, "Leiterin Einkauf" is `head`."""
    plain = _plain(title or "")
    if not plain:
        return "unknown"
    return next((rank for rank, pattern in _RANK_PATTERNS.items() if pattern.search(plain)), "other")


def function(title: str | None) -> Function:
    """The field of work that a title names first: "Finance and IT Director" is `finance`."""
    plain = _plain(title or "")
    hits = [(hit.start(), name) for name, found in _FUNCTION_PATTERNS.items() if (hit := found.search(plain))]
    return min(hits, key=lambda hit: hit[0])[1] if hits else "other"
