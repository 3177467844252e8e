"""Fixtures for the tests beside it."""

from __future__ import annotations

from tests.sandbox.mail_fixtures import mail as mail
from tests.sandbox.mail_fixtures import mail_server as mail_server
from tests.sandbox.mail_fixtures import receiver as receiver
from tests.sandbox.mail_fixtures import receiver_server as receiver_server
