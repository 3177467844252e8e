"""Names, companies and likeness: what does not count, what parts two people, and why a verdict came out."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from closeloop.domain.account_identity import AccountIndex, AccountRecord, compare_accounts, read_account
from closeloop.domain.company_names import likeness, read_company
from closeloop.domain.identity import START, IdentityRules, Verdict, compare
from closeloop.domain.identity_index import PeopleIndex
from closeloop.domain.identity_traits import PersonRecord, Traits, read_number, read_traits
from closeloop.domain.name_beginnings import name_beginnings
from closeloop.domain.person_names import read_name, unspoilt


def traits(first: str, last: str, company: str = "Acme", email: str = "", **fields: str) -> Traits:
    return read_traits(
        PersonRecord(id=last, first_name=first, last_name=last, company=company, email=email, **fields)
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VOLVO, A.B.", "Volvo AB (publ)"),
        ("Nordmill Intl. Mfg Co.", "Nordmill International Manufacturing Company"),
        ("บริษัท สยามโลหะ จำกัด (มหาชน)", "สยามโลหะ"),
        ("株式会社山田製作所", "山田製作所"),
        ("ООО Ромашка", "Romashka LLC"),
        ("MÃ¼ller & SÃ¶hne GmbH & Co. KG", "Mueller und Söhne"),
        ("The Ashgrove Group, Inc.", "ASHGROVE Holdings"),
        ("PT Astra Nusa Tbk", "Astra Nusa"),
    ],
)  # fmt: skip
def test_a_company_is_the_same_in_every_spelling(one: str, other: str) -> None:
    assert likeness(read_company(one), read_company(other)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("Delta Dental", "Delta Rail"), ("Studio 54 Design", "Studio 55 Design"), ("Kesteton", "Kestewick")],
)
def test_other_companies_stay_others(one: str, other: str) -> None:
    assert likeness(read_company(one), read_company(other)) < 0.8


def test_a_name_that_is_all_legal_form_is_not_stripped_to_nothing() -> None:
    assert all(read_company(name).squeezed for name in ("The Limited", "Pty Ltd", "株式会社", "&"))


@pytest.mark.parametrize("text", ["MÃ¼ller", "mã¼ller", "MÃœLLER", "NGUYÁ»…N"])
def test_letters_spoilt_by_a_wrong_encoding_are_read(text: str) -> None:
    assert "Ã" not in unspoilt(text)
    assert unspoilt(text) != text


def test_names_are_read_in_any_order_and_script() -> None:
    assert read_name(None, "Okafor, Anna").key == read_name("Anna B.", "Okafor").key == "anna okafor"
    assert read_name("Иван", "Петров").key == read_name("Ivan", "Petrov").key
    assert read_name("Dr. Maria", "de la Vega-Ruiz, PhD").surname == ("vega", "ruiz")
    assert read_name("John", "Smith Jr.").generation == "jr"
    assert read_name(None, "Wang").surname == ("wang",)


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_cell_holds_it_can_be_compared_with_itself(a: str, b: str, c: str, d: str) -> None:
    record = PersonRecord(id="1", first_name=a, last_name=b, company=c, email=d, phone=a, country=b, website=c)
    one = read_traits(record)
    assert 0 <= compare(one, one).score <= 1
    index = PeopleIndex()
    index.add(one)
    index.matches(one, 0)
    name_beginnings([record])


PEOPLE = st.builds(
    traits,
    st.sampled_from(["Bob", "Robert", "Maria", "Mario", "J.", ""]),
    st.sampled_from(["Müller", "Mueller", "Rossi", "Smith Jr.", "García Márquez"]),
    st.sampled_from(["Acme GmbH", "ACME", "Nordmill", ""]),
    st.sampled_from(["", "bob@acme.example", "maria.rossi@acme.example", "info@acme.example", "m.r@gmail.example"]),
)


@settings(deadline=None)
@given(PEOPLE, PEOPLE)
def test_who_is_asked_first_does_not_matter(one: Traits, other: Traits) -> None:
    assert compare(one, other).score == pytest.approx(compare(other, one).score)


@settings(deadline=None)
@given(PEOPLE, PEOPLE)
def test_the_score_is_the_sum_of_the_evidence_that_is_shown(one: Traits, other: Traits) -> None:
    found = compare(one, other)
    assert found.score == pytest.approx(1 / (1 + exp(-START - sum(e.points for e in found.evidence))))


def test_a_verdict_says_which_evidence_gave_which_points() -> None:
    found = compare(
        traits("Bob", "Müller", email="bob@acme.example"),
        traits("Robert", "Mueller", email="r.mueller@acme.example"),
    )
    assert str(found) == (
        "0.99: same company domain (+3.2), same last name (+3.0), short form of the given name (+2.2), "
        "addresses that fit both names (+2.0)"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Maria", "Rossi", "Acme", "maria.rossi@a.example"), ("Mario", "Rossi", "Acme", "mario.rossi@a.example")),
        (("Wei", "Zhang", "Acme", "wei.zhang@acme.example"), ("Wei", "Zhang", "Acme", "wei.zhang2@acme.example")),
        (("Anna", "Okafor", "Acme", "info@acme.example"), ("Ben", "Suzuki", "Acme", "info@acme.example")),
        (("Walter", "Pike", "Acme", "walter@acme.example"), ("Walter", "Pike Jr.", "Acme", "wpike@acme.example")),
        (("Jane", "Smith", "Acme", ""), ("Jane", "Smith", "Nordmill", "")),
    ],
)  # fmt: skip
def test_namesakes_relatives_and_shared_mailboxes_are_not_one_person(
    one: tuple[str, str, str, str], other: tuple[str, str, str, str]
) -> None:
    assert IdentityRules().verdict(compare(traits(*one), traits(*other)).score) is not Verdict.SAME


def test_a_phone_is_the_same_however_it_is_typed() -> None:
    assert len({read_number(text, "DE") for text in ("+49 30 901820", "0049-30-901820", "(030) 901820")}) == 1


def test_asking_cannot_begin_above_matching() -> None:
    with pytest.raises(ValueError, match="must not be higher"):
        IdentityRules(same=0.9, ask=0.95)


def account(key: str, name: str, **fields: str | None) -> AccountRecord:
    return AccountRecord(id=key, name=name, **fields)


def test_a_lead_finds_its_account_by_domain_then_name_then_country_then_parent() -> None:
    index = AccountIndex(
        read_account(record)
        for record in (
            account("daughter", "Nordmill GmbH", website="nordmill.example", country="DE", parent="parent"),
            account("parent", "Nordmill", website="nordmill.example", country="DE"),
            account("abroad", "Nordmill", website="nordmill.example", country="FR"),
            account("nameless", "Talvik AB"),
        )
    )

    def found(name: str, **fields: str) -> list[str]:
        return [one.id for one, _ in index.matches(read_account(account("lead", name, **fields)), 0.8)]

    assert found("Nordmill", website="anna@nordmill.example", country="DE") == ["parent", "daughter", "abroad"]
    assert found("NORDMILL SAS", website="nordmill.example", country="FR")[0] == "abroad"
    assert found("Talvik") == ["nameless"]
    assert found("Somebody else") == []


def test_sisters_in_two_countries_are_two_accounts() -> None:
    found = compare_accounts(
        read_account(account("a", "Longhe France SAS", country="FR")),
        read_account(account("b", "Longhe Deutschland GmbH", country="DE")),
    )
    assert IdentityRules().verdict(found.score) is Verdict.OTHER
    assert "named for another place" in str(found)


def test_a_circle_of_parents_in_the_crm_does_not_hang() -> None:
    records = (account("a", "Nordmill", parent="b"), account("b", "Nordmill AB", parent="a"))
    index = AccountIndex(map(read_account, records))
    assert len(index.matches(read_account(account("c", "Nordmill")), 0.5)) == 2
