"""The site's IPP endpoint: how desktops hand a document to this site (RFC 8010, RFC 8011).

A sans-I/O codec, operations as plain functions over a small service port, and one aiohttp endpoint
that streams documents. Nothing in here knows the database or the services; see `service_port.py`.
"""
