"""Coverage: what runs have exercised of a policy, of what can occur. What `recording` counts."""
