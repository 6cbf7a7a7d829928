"""The simulated fleet: Windows servers described in YAML that answer like real ones; for demonstrations and tests."""
