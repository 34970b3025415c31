"""Sabotage: rules, engine and backends broken on purpose, to see that the conformance suite notices."""
