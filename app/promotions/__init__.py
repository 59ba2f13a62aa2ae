"""From candidate to serving: evaluations asked for and read, the gate, a second admin's word."""
