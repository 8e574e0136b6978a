"""What learning costs beside training from scratch: one definition of the energy avoided, and carbon intensity."""
