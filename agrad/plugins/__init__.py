"""The door for plugins: found by their entry points, isolated where they break, their records checked on arrival."""

from agrad.plugins.changes import block, plugins, register
from agrad.plugins.discovery import manager
from agrad.plugins.hooks import AgradSpec, Command, hookimpl
from agrad.plugins.ownership import owner
from agrad.plugins.records import backends, cases, commands, find, ops, rules
from agrad.plugins.registry import Plugin

__all__ = [
    "AgradSpec",
    "Command",
    "Plugin",
    "backends",
    "block",
    "cases",
    "commands",
    "find",
    "hookimpl",
    "manager",
    "ops",
    "owner",
    "plugins",
    "register",
    "rules",
]
