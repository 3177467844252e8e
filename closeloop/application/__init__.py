"""Use cases: they read through ports, ask the rules of `closeloop.domain`, and write the answers down."""
