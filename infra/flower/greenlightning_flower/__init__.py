"""GreenLightning's federation as a Flower app: the signed messages of the library, carried by Flower."""
