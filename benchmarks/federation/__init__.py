"""What a federation costs in accuracy: recipes without rows, and attackers."""
