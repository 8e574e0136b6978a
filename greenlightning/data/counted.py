"""Numbers of things in words."""


def counted(number: int, what: str) -> str:
    """Write how many of something there are.

    Examples
    --------
    >>> counted(1, "row"), counted(1_200, "row"), counted(2, "batch")
    ('1 row', '1,200 rows', '2 batches')
    """
    return f"{number:,} {what if number == 1 else what + ('es' if what.endswith('h') else 's')}"
