"""The sandbox as one web application: Salesforce, SendGrid, the mail inbox and the control plane.

Invariant: all services share one world and one event loop, and no handler awaits inside a database
transaction.
"""

from __future__ import annotations

from starlette.applications import Starlette

import sandbox.control
import sandbox.inbox.urls
import sandbox.salesforce.urls
import sandbox.sendgrid.urls
import sandbox.vendors.urls
from sandbox.world import World


def create_app(world: World) -> Starlette:
    """The application that serves this world."""
    return Starlette(
        routes=[
            *sandbox.salesforce.urls.routes(world),
            *sandbox.sendgrid.urls.routes(world),
            *sandbox.vendors.urls.routes(world),
            *sandbox.control.routes(world),
            *sandbox.inbox.urls.routes(world),
        ]
    )
