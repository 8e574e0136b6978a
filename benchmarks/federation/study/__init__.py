"""One round of sums beside many rounds of averaged networks, over splits, numbers of sites and data sets."""
