"""Which Python package does a sentence describe? A classifier over embeddings of text.

The embeddings are hashed words and pairs of words, projected on 100 axes (latent semantic analysis): scikit-learn
alone makes them. Vectors of any sentence encoder take their place as they are.
"""

import importlib
import inspect

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import make_pipeline

from greenlightning import GreenLightningClassifier

MODULES = {
    "numpy": ("numpy", "numpy.linalg", "numpy.fft", "numpy.polynomial", "numpy.ma"),
    "pandas": ("pandas", "pandas.DataFrame", "pandas.Series", "pandas.DatetimeIndex", "pandas.Categorical"),
    "scipy": ("scipy.stats", "scipy.signal", "scipy.optimize", "scipy.special", "scipy.spatial"),
    "torch": ("torch.nn", "torch.optim", "torch.nn.functional", "torch.distributions", "torch.Tensor"),
}


def sentences() -> tuple[list[str], NDArray[np.str_]]:
    """The first sentence of each public docstring without its package's name, and the package."""
    found: dict[str, str] = {}
    for package, places in MODULES.items():
        for place in places:
            module, _, name = place.rpartition(".")
            source = getattr(importlib.import_module(module), name) if module else importlib.import_module(place)
            for member in (getattr(source, each) for each in dir(source) if not each.startswith("_")):
                text = inspect.getdoc(member) if callable(member) else None
                paragraphs = [" ".join(part.split()) for part in (text or "").lower().split("\n\n")]
                first = next((part for part in paragraphs if len(part.split()) > 4 and "(" not in part), "")
                if first:
                    found.setdefault(first.replace(package, "it"), package)
    return list(found), np.array(list(found.values()))


def main() -> float:
    """Learn half of the sentences, then a quarter; return the accuracy on the rest."""
    texts, packages = sentences()
    order = np.random.default_rng(0).permutation(len(texts))
    first, second, test = np.split(order, [len(order) // 2, 3 * len(order) // 4])
    words = HashingVectorizer(n_features=2**14, ngram_range=(1, 2), alternate_sign=False)
    embed = make_pipeline(words, TfidfTransformer(), TruncatedSVD(100, random_state=0))
    embed.fit([texts[i] for i in first])
    X = embed.transform(texts)
    model = GreenLightningClassifier(random_state=0).fit(X[first], packages[first])
    print(f"{len(texts)} sentences of {', '.join(MODULES)}")
    print(f"half learnt:           {model.score(X[test], packages[test]):.3f}")
    model.partial_fit(X[second], packages[second])
    accuracy = float(model.score(X[test], packages[test]))
    print(f"three quarters learnt: {accuracy:.3f}")
    return accuracy


if __name__ == "__main__":
    main()
