"""Reports over many versions: history, comparison of two versions, figures of the demo."""
