"""What an op applied to arguments means: levels, the one door, rules, and the reverse and forward interpretations."""
