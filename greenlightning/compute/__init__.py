"""Numbers on hardware: choosing a device, and exact integer arithmetic on it."""
