"""Encryption at rest: sealed tokens, the data key that opens them, and the unlockers that open the data key."""
