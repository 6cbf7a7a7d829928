"""Transports: how questions reach a server and answers come back. One file each; the only ones that connect."""
