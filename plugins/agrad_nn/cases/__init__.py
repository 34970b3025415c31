"""The inputs that the conformance suite tries the ops on."""
