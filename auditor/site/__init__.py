"""A static site over the history: pages that any web server can host, and that work from a disk."""
