"""The Salesforce org of the person who runs the tests, if they name one: read before the environment is scrubbed.

Invariant: only variables that begin with `CLOSELOOP_TEST_SALESFORCE_` are looked at; the settings of a person's
Closeloop never lead a test to an org that is worked in.
"""

import os

PREFIX = "CLOSELOOP_TEST_SALESFORCE_"
REAL_ORG = {name.removeprefix(PREFIX).lower(): os.environ[name] for name in os.environ if name.startswith(PREFIX)}
"""Setting to value, such as `instance_url`; empty when the tests use the sandbox alone."""
