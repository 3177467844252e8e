"""Fault scripts: which call goes wrong, and how, decided by rules, counts and a seed.

`rules` reads what the control plane is sent, `script` decides and counts, `wire` breaks connections. What a
fault looks like to a client belongs to the service that answers.
"""
