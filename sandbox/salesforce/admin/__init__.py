"""What an org's administrator has set up: fields, who may see them, validation and duplicate rules, tracking.

`settings` reads what the control plane is sent, `fields` makes the schemas that follow from it; the others
carry the rules out. A new org has none of it.
"""
