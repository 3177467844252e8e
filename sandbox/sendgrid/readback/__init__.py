"""Reading back what was sent: the Activity API and the Logs API, both over the same rows, both a little late.

`query` reads their filter language, `filters` turns it into SQL, `rows` finds mails and events that may be
seen already, `messages` and `logs` answer.
"""
