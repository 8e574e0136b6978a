"""Methods that are compared: GreenLightning, networks, scikit-learn, river."""
