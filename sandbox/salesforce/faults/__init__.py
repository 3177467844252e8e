"""Faults of the local Salesforce: which calls a script may strike, and what the client then sees.

`subjects` reads a call, `answers` shapes the refusals, `endpoint` stands before the real handlers, `records`
strikes single records.
"""
