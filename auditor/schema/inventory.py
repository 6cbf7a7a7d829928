"""The schema of inventory files (our own form; the JSON of `ansible-inventory --list` is read as it comes)."""

from auditor.model.inventory import Connection, SecretSource
from auditor.schema.parts import DRAFT, Schema, closed, inputs_given, list_of, mapping_of, object_of

_TEXT: Schema = {"type": "string", "minLength": 1}

_CONNECTION = {
    "address": "Host name or IP address (IPv6 without brackets); the host's name when it is left out.",
    "port": "TCP port; 5985 for http and 5986 for https when it is left out.",
    "scheme": "How WinRM is spoken.",
    "authentication": "The authentication method; `basic` over http needs `allow_unencrypted: true`.",
    "username": r"The account, e.g. `EXAMPLE\auditor` or `auditor@example.com`.",
    "secret": "Where the password is found; it is never written here.",
    "ca_file": "A PEM file with the certificate authorities to trust instead of the bundled ones.",
    "verify": "`false` accepts any certificate.",
    "allow_unencrypted": "`true` sends the password readable over plain http.",
    "certificate": "A PEM file with the client's certificate.",
    "certificate_key": "A PEM file with the certificate's key.",
    "proxy": "URL of an HTTP proxy; none is taken from the environment.",
}
_SECRET = {
    SecretSource.ENVIRONMENT: "The name of an environment variable.",
    SecretSource.FILE: "A file whose first line is the secret; relative to this file.",
    SecretSource.COMMAND: "A command whose first line of output is the secret.",
    SecretSource.KEYRING: "The service under which the system's keyring has it; the user is `username`.",
    SecretSource.PROMPT: "Ask for it on the terminal.",
}
_SETTINGS: Schema = {
    "connection": {"description": "How the servers are reached.", "$ref": "#/$defs/connection"},
    "inputs": {"description": "Values for the inputs of policies.", **inputs_given()},
    "policies": {
        "description": "Names or paths of policies to audit by; those of all groups add up.",
        **list_of(_TEXT),
    },
    "zone": {
        "description": "Where the servers are: in a cluster only workers with the resource `zone-NAME` ask them.",
        "type": "string",
        "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]*$",
    },
}
_HOSTS: Schema = {
    "description": "The servers by name, each with what differs from its groups, or with nothing.",
    **mapping_of({"$ref": "#/$defs/host"}),
}


def inventory_schema() -> Schema:
    """Return the schema of an inventory file."""
    groups = {"description": "Groups of servers by name.", **mapping_of({"$ref": "#/$defs/group"})}
    children = {"description": "Names of groups whose servers belong to this group too.", **list_of(_TEXT)}
    jobs = {
        "description": "How many servers of the group, those of its children counted, are asked at once; no limit of "
        "its own when it is left out.",
        "type": "integer",
        "minimum": 1,
    }
    definitions = {
        "connection": connection_schema(),
        "host": {**closed(_SETTINGS), "type": ["object", "null"]},
        "group": {
            **closed({**_SETTINGS, "hosts": _HOSTS, "children": children, "jobs": jobs}),
            "type": ["object", "null"],
        },
    }
    top = closed({**_SETTINGS, "groups": groups, "hosts": _HOSTS})
    return {"$schema": DRAFT, "title": "auditor inventory", **top, "$defs": definitions}


def connection_schema() -> Schema:
    """Return the schema of a connection, of which every part may be left out."""
    shapes = {
        "address": _TEXT,
        "port": {"type": "integer", "minimum": 1, "maximum": 65535},
        "secret": _secret(),
    }
    schema = object_of(Connection, _CONNECTION, shapes)
    schema["properties"]["port"].pop("default")
    return closed(schema["properties"])


def _secret() -> Schema:
    shapes = dict.fromkeys(SecretSource, _TEXT) | {SecretSource.PROMPT: {"const": True}}
    properties = {source.value: {"description": _SECRET[source], **shapes[source]} for source in SecretSource}
    return closed(properties, minProperties=1, maxProperties=1)
