"""SOQL: text to syntax tree (`lexer`, `parser`), tree to SQLite with bound values (`compiler`), rows to JSON
(`run`).

Invariant: nothing of a statement is ever ignored; what is not supported is refused as MALFORMED_QUERY.
"""
