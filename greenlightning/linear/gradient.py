"""The gradient estimator beside the exact one: for more path features than can be squared."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor
from torch.nn.functional import cross_entropy

from greenlightning.data.files import read_json, read_tensors, reading, sha256_of, write_json, write_tensors
from greenlightning.data.labels import checked_labels, joined_classes, label_array, labels_like, positions
from greenlightning.data.splits import split_rows
from greenlightning.errors import InputError, IntegrityError, MismatchError
from greenlightning.linear.softmax import PathScores, SoftmaxDescent
from greenlightning.linear.solver import Coefficients
from greenlightning.paths import ExplicitPaths, LandmarkPaths, PathFeatures, load_paths
from greenlightning.structure.gates import Structure, checked_inputs

FORMAT = "greenlightning-gradient/1"


class PathSGDClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Softmax regression over the path features of frozen gates, by stochastic gradients (Adam).

    For feature counts D whose statistics (24 D² bytes) do not fit: memory here is some (D, k). It is neither
    additive nor exact: prefer GreenLightningClassifier where D can be squared
    (``docs/decisions/0028-gradient-estimator.md``). Parameters are named as in scikit-learn's SGDClassifier and
    MLPClassifier; ``alpha`` penalises real-valued coefficients of features whose norm is of order 1.

    ``paths`` is a frozen recipe, or a structure, from which one is built (explicit paths for one gated layer,
    landmarks drawn from the first rows for more). ``fit`` lowers the rate from ``eta0`` to 0 along a cosine over
    ``max_iter`` epochs. It stops once the log-loss has not fallen by ``tol`` in ``n_iter_no_change`` epochs: that
    of the training rows, or with ``early_stopping`` that of a held-back share, whose best coefficients it then
    restores. Under ``warm_start`` it goes on from the coefficients that are there.

    Fitted attributes: ``paths_``, ``coefficients_`` (weights (D, k), intercept (k,)), ``classes_`` (k,),
    ``n_features_in_``, ``n_samples_seen_`` rows, and of the last ``fit`` ``n_iter_`` and ``loss_curve_``.
    """

    paths_: PathFeatures
    coefficients_: Coefficients
    n_samples_seen_: int
    _descent: SoftmaxDescent | None = None

    def __init__(  # noqa: PLR0913
        self,
        paths: PathFeatures | Structure,
        *,
        eta0: float = 0.05,
        alpha: float = 1e-7,
        batch_size: int = 128,
        max_iter: int = 30,
        tol: float = 1e-4,
        n_iter_no_change: int = 5,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        warm_start: bool = False,
        device: str = "cpu",
        random_state: Any = None,
    ) -> None:
        self.paths = paths
        self.eta0 = eta0
        self.alpha = alpha
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.device = device
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train on ``X`` (n, d) and labels ``y`` (n,); ``classes`` may name labels that only other copies have."""
        inputs, codes = self._begin(X, y, classes, from_scratch=not self.warm_start)
        descent = self._descent = self._descending()
        training, held = self._split(codes)
        best, since, self.loss_curve_ = math.inf, 0, []
        for epoch in range(self.max_iter):
            rate = self.eta0 * (1 + math.cos(math.pi * epoch / self.max_iter)) / 2
            self.loss_curve_.append(descent.epoch(inputs[training], codes[training], rate))
            self.coefficients_ = descent.coefficients
            loss = self._loss(inputs[held], codes[held]) if len(held) else self.loss_curve_[-1]
            since = 0 if loss < best - self.tol else since + 1
            if loss < best:
                best, kept = loss, self.coefficients_
            if since >= self.n_iter_no_change:
                break
        self.n_iter_, self.n_samples_seen_ = len(self.loss_curve_), len(inputs)
        if len(held):
            descent.restore(kept)
            self.coefficients_ = kept
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """One pass over ``X`` (n, d) and ``y`` (n,) at the rate ``eta0``; new classes are taken as they come."""
        inputs, codes = self._begin(X, y, classes, from_scratch=False)
        if self._descent is None:
            self._descent = self._descending()
        self._descent.epoch(inputs, codes, self.eta0)
        self.coefficients_ = self._descent.coefficients
        self.n_samples_seen_ += len(inputs)
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Class probabilities (n, k) of ``X`` (n, d), in the order of ``classes_``."""
        return torch.softmax(torch.from_numpy(self._scores(X)), dim=1).numpy()

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most probable label (n,) of each row of ``X`` (n, d)."""
        best = self._scores(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    @classmethod
    def average(cls, models: Sequence[Self], weights: Sequence[float] | None = None) -> Self:
        """The mean of copies' coefficients, weighted by ``weights``, by default the rows that each has seen.

        How the GreenLightningAI paper combines copies (Duato et al. 2023, arXiv 2312.09971). It is *not* the
        model of all rows. Raises MismatchError on copies of different recipes or classes.
        """
        shares = [model.n_samples_seen_ for model in models] if weights is None else list(weights)
        if len(shares) != len(models) or not all(share >= 0 for share in shares) or sum(shares) <= 0:
            raise InputError(
                f"{len(models)} models cannot be averaged by weights {shares}",
                "Give one weight a model, none negative, not all zero",
            )
        first = models[0]
        for model in models[1:]:
            if model.paths_.digest != first.paths_.digest:
                raise MismatchError("The copies have different recipes", "Train them under one frozen recipe")
            if model.classes_.tolist() != first.classes_.tolist():
                raise MismatchError("The copies know different classes", "Name all classes when they are fitted")
        means = (
            sum(share / sum(shares) * part for share, part in zip(shares, parts, strict=True))
            for parts in zip(*((m.coefficients_.weights, m.coefficients_.intercept) for m in models), strict=True)
        )
        seen = sum(model.n_samples_seen_ for model in models)
        mean: Self = clone(first)
        return mean._become(first.paths_, first.classes_, Coefficients(*means), seen)

    def save(self, folder: Path) -> None:
        """Write recipe, coefficients and parameters as safetensors and JSON into ``folder``.

        Adam's moments are left out, and a ``random_state`` that is not a whole number becomes None.
        """
        check_is_fitted(self)
        self.paths_.structure.save(folder)
        self.paths_.save(folder)
        arrays = {"weights": self.coefficients_.weights, "intercept": self.coefficients_.intercept}
        write_tensors(folder / "gradient.safetensors", arrays)
        parameters = {name: value for name, value in self.get_params(deep=False).items() if name != "paths"}
        if not isinstance(self.random_state, int):
            parameters["random_state"] = None
        about = {
            "format": FORMAT,
            "paths": self.paths_.kind,
            "recipe": self.paths_.digest,
            "classes": self.classes_.tolist(),
            "n_samples_seen": self.n_samples_seen_,
            "parameters": parameters,
        }
        write_json(folder / "gradient.json", about | {"seal": _seal(about, arrays)})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; raises IntegrityError where any digest does not match. Loads no pickle."""
        about = read_json(folder / "gradient.json", FORMAT)
        arrays = read_tensors(folder / "gradient.safetensors")
        with reading(folder):
            paths = load_paths(folder, about["paths"], Structure.load(folder))
            if (about.pop("seal"), about["recipe"]) != (_seal(about, arrays), paths.digest):
                raise IntegrityError(
                    f"The parts in {folder} do not belong together", "Restore it from the registry"
                )
            coefficients = Coefficients(arrays["weights"], arrays["intercept"])
            model = cls(paths, **about["parameters"])
            return model._become(paths, label_array(about["classes"]), coefficients, about["n_samples_seen"])

    def _begin(
        self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None, *, from_scratch: bool
    ) -> tuple[NDArray[Any], Tensor]:
        """Checked inputs and class codes, the recipe and room for every class: zeros where nothing is learnt."""
        self._check_parameters()
        from_scratch = from_scratch or not hasattr(self, "coefficients_")
        answers = label_array(y) if isinstance(y, list | tuple) else y
        inputs, labels = validate_data(self, X, answers, reset=from_scratch, dtype=[np.float64, np.float32])
        if from_scratch:
            check_classification_targets(labels)
        known = labels[:0] if from_scratch else self.classes_
        labels = labels_like(labels, known)
        named = labels[:0] if classes is None else labels_like(checked_labels(classes), known)
        found = label_array(
            joined_classes(known.tolist(), *(np.unique(part).tolist() for part in (labels, named)))
        )
        if from_scratch:
            paths = self._recipe(inputs, labels)
            checked_inputs(inputs, paths.structure.n_features_in)
            nothing = Coefficients(np.zeros((paths.n_features_out, len(found))), np.zeros(len(found)))
            self._become(paths, found, nothing, 0)
        elif len(found) > len(known):
            self._become(self.paths_, found, _widened(self.coefficients_, known, found), self.n_samples_seen_)
        return inputs, torch.from_numpy(positions(labels, tuple(found.tolist())))

    def _become(
        self, paths: PathFeatures, classes: NDArray[Any], coefficients: Coefficients, n_samples_seen: int
    ) -> Self:
        self.paths_, self.classes_, self.n_features_in_ = paths, classes, paths.structure.n_features_in
        self.coefficients_, self.n_samples_seen_, self._descent = coefficients, n_samples_seen, None
        return self

    def _recipe(self, X: NDArray[Any], y: NDArray[Any]) -> PathFeatures:
        if not isinstance(self.paths, Structure):
            return self.paths
        if len(self.paths.hidden_layer_sizes) == 1:
            return ExplicitPaths.build(self.paths, X)
        return LandmarkPaths.build(self.paths, X, y, random_state=self._seed())

    def _descending(self) -> SoftmaxDescent:
        return SoftmaxDescent(
            PathScores.of(self.paths_, self.device),
            self.coefficients_,
            alpha=self.alpha,
            batch_size=self.batch_size,
            random_state=self._seed(),
        )

    def _split(self, codes: Tensor) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        fraction = self.validation_fraction if self.early_stopping else 0.0
        return split_rows(codes.numpy(), fraction, self._seed())

    def _loss(self, X: NDArray[Any], codes: Tensor) -> float:
        scores = self.coefficients_.scores(self.paths_, X, device=self.device)
        return cross_entropy(torch.from_numpy(scores), codes).item()

    def _scores(self, X: ArrayLike) -> NDArray[np.float64]:
        check_is_fitted(self)
        inputs = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        return self.coefficients_.scores(self.paths_, inputs, device=self.device)

    def _seed(self) -> int:
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _check_parameters(self) -> None:
        sound = {
            "eta0": self.eta0 > 0,
            "alpha": self.alpha >= 0,
            "batch_size": self.batch_size >= 1,
            "max_iter": self.max_iter >= 1,
            "n_iter_no_change": self.n_iter_no_change >= 1,
            "validation_fraction": 0 < self.validation_fraction < 1,
        }
        for name in (name for name, holds in sound.items() if not holds):
            raise InputError(f"{name}={getattr(self, name)} trains nothing", "See what the parameter means")


def _widened(known: Coefficients, before: NDArray[Any], after: NDArray[Any]) -> Coefficients:
    """The same coefficients with zeros for the classes of ``after`` that are not in ``before``."""
    places = positions(before, after.tolist())
    weights, intercept = np.zeros((len(known.weights), len(after))), np.zeros(len(after))
    weights[:, places], intercept[places] = known.weights, known.intercept
    return Coefficients(weights, intercept)


def _seal(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> str:
    return sha256_of(json.dumps(about, sort_keys=True), arrays)
