"""Configuration: TOML, environment and ``--set`` into one struct a section, strictly.

Every mistake is found in one go, each with its file, line and key path.
"""

from microdns.config.catalogue import distribution_of
from microdns.config.core import DatabaseConfig, InstanceConfig, LoggingConfig, control_socket
from microdns.config.document import Document, load_document, parse_document
from microdns.config.fields import (
    Addresses,
    Duration,
    Endpoint,
    FilePath,
    Form,
    IPAddress,
    IPNetwork,
    IPv4,
    IPv6,
    Listen,
    Parsed,
    Secret,
    SecretText,
    Size,
)
from microdns.config.layout import Configuration, Layout
from microdns.config.overrides import split_option
from microdns.config.problems import ConfigError, ConfigProblem, Origin

__all__ = [
    "Addresses",
    "ConfigError",
    "ConfigProblem",
    "Configuration",
    "DatabaseConfig",
    "Document",
    "Duration",
    "Endpoint",
    "FilePath",
    "Form",
    "IPAddress",
    "IPNetwork",
    "IPv4",
    "IPv6",
    "InstanceConfig",
    "Layout",
    "Listen",
    "LoggingConfig",
    "Origin",
    "Parsed",
    "Secret",
    "SecretText",
    "Size",
    "control_socket",
    "distribution_of",
    "load_document",
    "parse_document",
    "split_option",
]
