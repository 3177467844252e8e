"""The labelled pairs of people and companies: how they are made, and how the matching is measured on them."""
