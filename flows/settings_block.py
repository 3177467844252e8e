"""Credentials as a Prefect block: a form in the UI, its secrets masked and encrypted, read by runs of deployments.

Invariant: what the environment or `.env` says counts before the block; without a block nothing changes. Secrets of
the block never become variables of the environment, which child processes and crash reports would show.
"""

from __future__ import annotations

from functools import cache

from prefect.blocks.core import Block
from prefect.runtime import deployment
from pydantic import Field, SecretStr

from config.settings import fall_back_on

BLOCK = "closeloop"
"""The name of the only block that is read."""


class CloseloopSettings(Block):
    """Settings of Closeloop that are credentials, or that credentials come with; a field left empty is not set."""

    _block_type_name = "Closeloop Settings"
    _block_type_slug = "closeloop-settings"
    _description = f"Credentials of the sales process. Runs read the block that is named `{BLOCK}`."

    salesforce_instance_url: str | None = Field(default=None, description="https://acme.my.salesforce.com")
    salesforce_domain: str | None = Field(default=None, description="acme.my; `login` or `test` for JWT")
    salesforce_client_id: str | None = Field(default=None, description="consumer key of the external client app")
    salesforce_client_secret: SecretStr | None = Field(default=None, description="for client credentials")
    salesforce_username: str | None = Field(default=None, description="for JWT")
    sendgrid_api_key: SecretStr | None = Field(default=None, description="needs the Mail Send permission only")
    sendgrid_host: str | None = Field(default=None, description="https://api.eu.sendgrid.com for the EU")
    ledger_url: SecretStr | None = Field(default=None, description="postgresql://user:password@host/database")
    secret: SecretStr | None = Field(default=None, description="signs reply tokens; everywhere the same")
    public_url: str | None = Field(default=None, description="where the gateway is reached from outside")


@cache
def use_settings_block() -> None:
    """In a run of a deployment, settings that nothing else sets come from the block, if there is one."""
    if not deployment.id:
        return
    try:
        found = CloseloopSettings.load(BLOCK)
    except ValueError:  # what Prefect raises where there is none
        return
    assert isinstance(found, CloseloopSettings)  # noqa: S101 - a coroutine only inside an event loop
    fall_back_on({name: getattr(found, name) for name in CloseloopSettings.model_fields if getattr(found, name)})
