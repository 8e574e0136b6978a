"""Heads on frozen backbones: PathLinear beside the MLP head that it takes the place of."""
