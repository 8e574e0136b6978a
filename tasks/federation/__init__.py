"""Federation: sites send signed sums of their files, of any size; a coordinator adds them in one round."""
