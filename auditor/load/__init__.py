"""YAML and JSON in, typed values out; all errors of a file at once, each with its line and column."""
