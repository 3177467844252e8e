"""Imported once by the process that workers are forked from: what every worker would otherwise compile again."""

from __future__ import annotations

from closeloop.adapters.replies.reader import RuleReplyReader

RuleReplyReader()  # fills the cache of compiled rules
