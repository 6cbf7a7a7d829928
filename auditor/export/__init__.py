"""The security-review export: one run as one sealed file, and how it is checked."""
