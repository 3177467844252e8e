"""Makes SOQL statements at random: whole ones from the grammar over the org's own schema, and damaged ones."""

from __future__ import annotations

from hypothesis import strategies as st

from sandbox.salesforce import schema

_SCHEMA = schema.load()
_KINDS = ("Lead", "Task", "Contact", "Opportunity", "Event", "CampaignMember", "ContentDocumentLink", "User")
_LITERALS = st.sampled_from(
    "'x' 'O\\'Neil' '%a_%' '' null true FALSE 5 -1.5 1e400 2026-01-01 2026-13-45 2026-01-01T00:00:00Z TODAY"
    " LAST_N_DAYS:3 NEXT_N_WEEKS:2 THIS_FISCAL_QUARTER N_YEARS_AGO:99999 LAST_N_DAYS:0 SOMEDAY"
    " '001000000000001AAA' '00Q'".split()
)
_OPERATORS = st.sampled_from(["=", "!=", "<>", "<", ">=", "LIKE"])
_AGGREGATES = st.sampled_from(["COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"])
_DATE_PARTS = st.sampled_from(
    ["CALENDAR_YEAR", "DAY_IN_WEEK", "WEEK_IN_YEAR", "HOUR_IN_DAY", "DAY_ONLY", "toLabel"]
)


@st.composite
def fields(draw: st.DrawFn, kind: str) -> str:
    """A field of the object or of a parent."""
    item = _SCHEMA[kind]
    parents = sorted(field.relationship for field in item.fields.values() if field.relationship)
    own = st.sampled_from(sorted(item.fields))
    if parents and draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(["Id", "Name", "Email", "Type", "CreatedDate", "Owner.Name"]))
        return f"{draw(st.sampled_from(parents))}.{name}"
    return draw(own)


@st.composite
def conditions(draw: st.DrawFn, kind: str, depth: int = 2) -> str:
    """A condition, possibly joined, negated or with a semi-join."""
    shape = draw(st.integers(0, 9)) if depth else 9
    if shape < 2:
        word = draw(st.sampled_from([" AND ", " OR "]))
        parts = draw(st.lists(conditions(kind, depth - 1), min_size=2, max_size=3))
        return f"({word.join(parts)})"
    if shape == 2:
        return f"NOT {draw(conditions(kind, depth - 1))}"
    if shape == 3:
        inner = draw(st.sampled_from(_KINDS))
        where = draw(st.sampled_from(["", " WHERE Id != null", " LIMIT 5"]))
        word = draw(st.sampled_from(["IN", "NOT IN"]))
        return f"{draw(fields(kind))} {word} (SELECT {draw(fields(inner))} FROM {inner}{where})"
    left = draw(fields(kind))
    if shape == 4:
        values = ", ".join(draw(st.lists(_LITERALS, min_size=1, max_size=3)))
        return f"{left} {draw(st.sampled_from(['IN', 'NOT IN', 'INCLUDES']))} ({values})"
    if shape == 5:
        left = f"{draw(_DATE_PARTS)}({left})"
    return f"{left} {draw(_OPERATORS)} {draw(_LITERALS)}"


@st.composite
def tails(draw: st.DrawFn, kind: str) -> str:
    """What may follow the object: scope, conditions, order, bounds, purpose."""
    found = [draw(st.sampled_from(["", " USING SCOPE mine", " x"]))]
    if draw(st.booleans()):
        found.append(f" WHERE {draw(conditions(kind))}")
    if draw(st.booleans()):
        direction = draw(st.sampled_from(["", " DESC", " ASC NULLS LAST", " NULLS FIRST"]))
        found.append(f" ORDER BY {draw(fields(kind))}{direction}")
    found.append(draw(st.sampled_from(["", "", " LIMIT 3", " LIMIT 0", " LIMIT 99999999999999999999"])))
    found.append(draw(st.sampled_from(["", "", " OFFSET 1", " OFFSET 2001"])))
    return "".join(found) + draw(st.sampled_from(["", "", "", " FOR VIEW", " FOR UPDATE", " ALL ROWS"]))


@st.composite
def statements(draw: st.DrawFn) -> str:
    """A statement that keeps to the grammar; whether the org admits it is another matter."""
    kind = draw(st.sampled_from(_KINDS))
    shape = draw(st.integers(0, 5))
    tail = draw(tails(kind))
    if shape == 0:
        return f"SELECT COUNT() FROM {kind}{tail}"
    if shape == 1:
        group = draw(fields(kind))
        having = draw(
            st.sampled_from(["", " HAVING COUNT(Id) > 1", f" HAVING {group} = 'x'", " HAVING COUNT(Id) = 'x'"])
        )
        counted = f"{draw(_AGGREGATES)}({draw(fields(kind))}) n"
        way = draw(st.sampled_from(["{0}", "{0}", "ROLLUP({0})", "CUBE({0}, Id)"])).format(group)
        return f"SELECT {group}, {counted} FROM {kind} GROUP BY {way}{having}"
    chosen = draw(st.lists(fields(kind), min_size=1, max_size=4, unique_by=str.lower))
    if shape == 2:
        children = [field.children for _, field in _SCHEMA.children[kind] if field.children]
        child = draw(st.sampled_from(children or ["Tasks"]))
        inner = draw(st.sampled_from(["Id", "Id, Owner.Name", "COUNT()", "Id, (SELECT Id FROM Tasks)"]))
        chosen.append(f"(SELECT {inner} FROM {child}{draw(tails('Task'))})")
    elif shape == 3:
        chosen = [draw(st.sampled_from(["FIELDS(ALL)", "FIELDS(STANDARD)", "FIELDS(CUSTOM)", "FIELDS(SOME)"]))]
    elif shape == 4:
        chosen.append("TYPEOF Who WHEN Contact THEN Email, LastName WHEN Lead THEN Company ELSE Name END")
    return f"SELECT {', '.join(chosen)} FROM {kind}{tail}"


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A statement with a few words lost, doubled, swapped or replaced."""
    words = draw(statements()).replace("(", " ( ").replace(")", " ) ").replace(",", " , ").split(" ")
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(words) - 1))
        other = draw(st.integers(0, len(words) - 1))
        action = draw(st.integers(0, 4))
        if action == 0 and len(words) > 1:
            del words[at]
        elif action == 1:
            words.insert(at, words[other])
        elif action == 2:
            words[at], words[other] = words[other], words[at]
        elif action == 3:
            words[at] = draw(
                st.sampled_from(["(", ")", "'", "SELECT", "FROM", "\\", ":", "null", "é", "\x00", "--"])
            )
        else:
            words[at] = words[at][: draw(st.integers(0, len(words[at])))]
    return " ".join(words)
