"""A table with text categories, dates and empty cells: was the delivery late?"""

import numpy as np
import pandas as pd

from greenlightning import GreenLightningClassifier

CITIES = {"Valencia": 0.1, "Castelló": 0.2, "Utrecht": 0.5, "Oslo": 0.8}
CARRIERS = {"van": 0.2, "bicycle": 0.0, "train": 0.4}


def orders(n: int, seed: int) -> pd.DataFrame:
    """Orders of one week: far cities, heavy parcels and Fridays are late more often."""
    rng = np.random.default_rng(seed)
    city, carrier = rng.choice(list(CITIES), n), rng.choice(list(CARRIERS), n)
    weight = rng.gamma(2.0, 1.5, n).round(2)
    day = pd.Timestamp("2026-03-02") + pd.to_timedelta(7 * seed + rng.integers(0, 7, n), unit="D")
    risk = np.array([CITIES[c] for c in city]) + np.array([CARRIERS[c] for c in carrier])
    risk = risk + 0.1 * (weight > 4) + 0.4 * (day.day_of_week == 4) + rng.normal(0, 0.1, n)
    table = pd.DataFrame({"city": city, "carrier": carrier, "weight": weight, "ordered": day})
    table.loc[rng.random(n) < 0.05, "weight"] = np.nan
    return table.assign(late=np.where(risk > 0.75, "late", "in time"))


def main() -> float:
    """Learn two weeks, a carrier that comes later, and forget one week; return the accuracy on the next."""
    weeks = [orders(1_000, seed) for seed in range(3)]
    inputs = [week.drop(columns="late") for week in weeks]
    model = GreenLightningClassifier(random_state=0).fit(inputs[0], weeks[0]["late"])
    print(f"after one week:   {model.score(inputs[2], weeks[2]['late']):.3f}")

    second = inputs[1].assign(carrier=inputs[1]["carrier"].replace("train", "ferry"))
    model.partial_fit(second, weeks[1]["late"])
    print(f"after two weeks:  {model.score(inputs[2], weeks[2]['late']):.3f}, the ferry is new in the second")

    model.forget(second, weeks[1]["late"])
    accuracy = float(model.score(inputs[2], weeks[2]["late"]))
    print(f"one forgotten:    {accuracy:.3f}, as if it had never been learnt")
    return accuracy


if __name__ == "__main__":
    main()
