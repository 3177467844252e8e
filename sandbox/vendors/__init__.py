"""Local People Data Labs, Apollo and Hunter: the shapes of their answers over invented, repeatable companies."""
