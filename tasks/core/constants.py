"""The names of our metrics, parameters, tags and aliases in MLflow; ``docs/metrics.md`` documents each."""

from enum import StrEnum


class Kind(StrEnum):
    """What a flow run does (value of ``greenlightning.kind``)."""

    TRAIN = "train"
    RETRAIN = "retrain"
    GROW = "grow"
    FORGET = "forget"
    FEDERATE = "federate"
    ROLLBACK = "rollback"
    REPRODUCE = "reproduce"
    PROMOTE = "promote"
    MAINTENANCE = "maintenance"
    REFERENCE = "reference"
    SCORE = "score"
    ACCEPT = "accept"
    DISCARD = "discard"
    RELEARN = "relearn"


LEARNING = frozenset({Kind.TRAIN, Kind.RETRAIN, Kind.GROW, Kind.FORGET, Kind.FEDERATE})
"""The kinds of runs that make a version."""


class Part(StrEnum):
    """A nested step of a flow run (value of ``greenlightning.part``)."""

    STRUCTURE = "structure"
    LINEAR = "linear"
    EVALUATION = "evaluation"


class Metric(StrEnum):
    """Metrics."""

    FLIP_RATE = "flip_rate"
    WEIGHT_CHANGE = "weight_change"
    OUI = "oui"
    OUI_BATCH = "oui_batch"
    FIRING_RATE = "firing_rate"
    VALIDATION_ACCURACY = "validation_accuracy"
    TRAIN_LOSS = "train_loss"
    SOLVED_ERROR = "solved_error"
    EPOCHS = "epochs"
    SETTLED = "settled"
    SETTLING_RATIO = "settling_ratio"

    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    MACRO_F1 = "macro_f1"
    LOG_LOSS = "log_loss"
    ECE = "ece"
    COST = "cost"
    R2 = "r2"
    RMSE = "rmse"
    MAE = "mae"
    GATE_DIFFERENCE = "gate_difference"
    GATE_LOWER = "gate_lower"
    GATE_UPPER = "gate_upper"
    GATE_MARGIN = "gate_margin"

    SECONDS = "seconds"
    JOULES = "joules"
    GCO2E = "gco2e"
    WHOLE_RUN_SECONDS = "whole_run_seconds"
    WHOLE_RUN_JOULES = "whole_run_joules"
    WHOLE_RUN_GCO2E = "whole_run_gco2e"
    SECONDS_AVOIDED = "seconds_avoided"
    JOULES_AVOIDED = "joules_avoided"
    GCO2E_AVOIDED = "gco2e_avoided"
    JOULES_AVOIDED_LEAST = "joules_avoided_least"
    JOULES_AVOIDED_MOST = "joules_avoided_most"
    GCO2E_AVOIDED_BY_WAITING = "gco2e_avoided_by_waiting"
    INTENSITY_ASKED = "intensity_asked"
    INTENSITY_START = "intensity_start"

    ROWS_TOUCHED = "rows_touched"
    ROWS_LEARNT = "rows_learnt"
    BATCHES_LEARNT = "batches_learnt"
    BATCHES_QUARANTINED = "batches_quarantined"
    SATURATION_RATE = "saturation_rate"
    COEFFICIENT_DIFFERENCE = "coefficient_difference"

    HEALTH = "health"
    NOVELTY = "novelty"
    FIRING_SHIFT = "firing_shift"
    OUI_SHIFT = "oui_shift"
    OUI_BATCH_SHIFT = "oui_batch_shift"
    RESIDUAL_RATIO = "residual_ratio"
    SATURATION_EXCESS = "saturation_excess"
    UNSEEN_LABELS = "unseen_labels"
    INPUT_DRIFT = "input_drift"
    DRIFTED_FEATURES = "drifted_features"
    ROWS_PREDICTED = "rows_predicted"
    VERSIONS_PRUNED = "versions_pruned"
    BYTES_FREED = "bytes_freed"


SERIES = (
    Metric.FLIP_RATE,
    Metric.WEIGHT_CHANGE,
    Metric.OUI,
    Metric.OUI_BATCH,
    Metric.FIRING_RATE,
    Metric.VALIDATION_ACCURACY,
    Metric.TRAIN_LOSS,
)
CURVES = "epochs/"
"""Prefix of the same series once more: MLflow's page of a run draws what has one first, in its own section."""
SCORES = (
    Metric.ACCURACY,
    Metric.BALANCED_ACCURACY,
    Metric.MACRO_F1,
    Metric.LOG_LOSS,
    Metric.ECE,
    Metric.COST,
    Metric.R2,
    Metric.RMSE,
    Metric.MAE,
)
SIDES = ("lower", "upper")
"""Suffixes of the ends of a score's 95 % interval (``accuracy_lower``)."""


class Subject(StrEnum):
    """Which model was scored on which rows: the prefix of a score's name (``champion_accuracy``)."""

    CANDIDATE = ""
    CANDIDATE_FRESH = "fresh_"
    CHAMPION = "champion_"
    CHAMPION_FRESH = "champion_fresh_"
    CONVENTIONAL = "conventional_"
    RANDOM_GATES = "random_gates_"
    PREDICTED = "predicted_"
    VERSION = "version_"
    PREQUENTIAL = "prequential_"
    PREQUENTIAL_MEAN = "prequential_mean_"
    PREQUENTIAL_RECENT = "prequential_recent_"


DOCUMENTED = (
    frozenset(Metric)
    | {f"{subject}{score}" for subject in Subject for score in SCORES}
    | {f"{score}_{side}" for score in SCORES for side in SIDES}
)
"""All names a metric may have."""


class SharedParam(StrEnum):
    """Parameters without a prefix, of every run that makes a model: the axes of MLflow's compare view."""

    ACCURACY = "accuracy"
    MODEL = "Model score"
    ALPHA = "alpha"
    BATCHES = "batches"
    EPOCHS = "epochs"
    FEATURES = "features"
    GATES = "gates"
    METHOD = "method"
    ROWS = "rows"
    SETTLED_AT = "settled_at"


class Params(StrEnum):
    """Prefixes of parameters: a flow's own, and the facts of ``GreenLightningModel.describe()``."""

    FLOW = "flow."
    MODEL = "model."


class Tag(StrEnum):
    """Tags of runs, dataset inputs, structures and model versions."""

    KIND = "greenlightning.kind"
    DATASET = "greenlightning.dataset"
    PART = "greenlightning.part"
    PROCESS = "greenlightning.process"
    DEVICE = "greenlightning.device"
    ENDED_BY = "greenlightning.ended_by"
    FLOW_RUN_ID = "prefect.flow_run_id"
    GIT_COMMIT = "git.commit"
    GIT_DIRTY = "git.dirty"
    ENERGY_SOURCE = "energy.source"
    ENERGY_AVOIDED_SOURCE = "energy.avoided_source"
    DVC_MD5 = "dvc.md5"
    BATCH = "batch"
    HEALTH = "health"
    HEALTH_REASON = "health.reason"
    BATCH_FILES = "batch_files"

    STRUCTURE_DIGEST = "structure.digest"
    GROWN = "structure.grown"
    RECIPE_DIGEST = "recipe.digest"
    STATISTICS_DIGEST = "statistics.digest"
    ALPHA = "alpha"
    CLASS_WEIGHT = "class_weight"
    ROWS = "rows"
    BATCHES = "batches"
    TRAINING_SECONDS_PER_ROW = "training.seconds_per_row"
    TRAINING_JOULES_PER_ROW = "training.joules_per_row"
    TRAINING_GCO2E_PER_ROW = "training.gco2e_per_row"
    NETWORK_SECONDS = "network.seconds_per_row_epoch"
    NETWORK_JOULES = "network.joules_per_row_epoch"
    NETWORK_GCO2E = "network.gco2e_per_row_epoch"
    NETWORK_EPOCHS = "network.epochs"
    NETWORK_TASK = "network.task"
    PARENT_VERSION = "parent_version"
    DECISION = "decision"
    REASON = "reason"
    FINDINGS = "findings"
    HOLDOUT = "holdout"
    GATE_SCORE = "gate.score"
    SCORED_AT = "scored_at"
    EXPECTATIONS = "expectations"
    FILES = "files.sha256"
    LEDGER = "ledger.sha256"
    LIBRARY = "library.sha256"
    TAGS = "tags.sha256"
    HEALTH_REFERENCE = "health_reference"
    PROMOTED_AT = "promoted_at"
    PROMOTION_REASON = "promotion.reason"
    REPLACED = "replaced"
    VERSION = "version"
    ROLLED_BACK_FROM = "rolled_back_from"
    PREQUENTIAL = "prequential"
    WINDOWS = "windows"
    REPRODUCED_AT = "reproduced_at"
    FROM_VERSION = "from_version"
    TO_VERSION = "to_version"
    ANSWERED_BY = "answered_by"
    PREDICTIONS = "predictions"
    PREDICTIONS_MD5 = "predictions.md5"
    PINNED = "pinned"
    PRUNED_AT = "pruned_at"
    PRUNED_BYTES = "pruned_bytes"
    SERVING = "Serving"
    NEXT_RUN = "Next run"


KEPT = "kept as challenger"
"""The tag ``decision`` of a version that did not pass the gate."""

FORGOTTEN_TAG = "forgotten."
"""Prefix of tags on a model version and its descendants: the batches that were forgotten."""

HELD_BACK_TAG = "held_back."
"""Prefix of tags on a model version and its descendants: the batches that a rollback held back, each with the
number of the version that was replaced."""

SERVED_TAG = "served."
"""Prefix of tags on a model version, one for each time that it became the champion: ``served.<UTC time>`` names
the version that it replaced."""

AGED_TAG = "aged."
"""Prefix of tags on a model version and its descendants: the batches that left the window, each with it."""

BATCH_TAG = "batch."
"""Prefix of tags on a model version: its batches, each with the DVC md5 of its bytes."""


DATA_DOCS_TAG = "data_docs."
"""Prefix of tags on a run, one for each batch: ``data_docs.<id>`` is the path of its validation page."""


class Alias(StrEnum):
    """Aliases of a registered model."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    PREVIOUS = "previous"
