"""The Prefect flows: one per stage, thin on purpose; what they decide is in `closeloop.domain`.

Importing this package opens nothing and starts nothing. It only tells Prefect, before Prefect is imported,
to send no usage statistics and to show twice a minute that a run is alive, unless the environment says otherwise.
"""

import os

os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
# The automation that notices lost workers counts on it: see `flows.automations.recovery`.
os.environ.setdefault("PREFECT_FLOWS_HEARTBEAT_FREQUENCY", "30")
