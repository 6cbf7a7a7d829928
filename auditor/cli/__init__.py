"""Arguments in, exit code out; the only place that prints and exits; one file per command."""
