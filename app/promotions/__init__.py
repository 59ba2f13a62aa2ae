"""From candidate to serving: requesting and reading evaluations, the gate, a second admin."""
