"""A plugin for MicroDNS that keeps notes about names: the example of its tutorial."""
