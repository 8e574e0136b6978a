"""Settings of training and of promotion; the dashboard's forms are made from these models."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from greenlightning.data.windows import Window
from greenlightning.errors import InputError
from greenlightning.structure.defaults import EPOCHS


def present(device: str) -> str:
    """Return ``device`` if this machine has it; else raise InputError."""
    if device.startswith("cuda"):
        import torch

        index = int(device.partition(":")[2] or 0)
        if index >= torch.cuda.device_count():
            raise InputError(f"No device {device} is usable here", "Use --device cpu")
    return device


Device = Annotated[
    str,
    Field(pattern=r"^(cpu|cuda(:\d+)?)$", description="where to compute: cpu or cuda"),
    AfterValidator(present),
]
WhenMoved = Literal["never", "red", "always"]
"""When batches that have moved are quarantined: if structure health is red too, always, or never."""
Width = Annotated[int, Field(ge=1, le=65_536)]
Auto = Annotated[Literal["auto"], WithJsonSchema({"enum": ["auto"], "type": "string"})]
"""Prefect's form says of a constant that it cannot be changed, of a choice of one it does not."""


EVERYTHING, AUTO = "everything", "auto"


def window(text: str) -> str:
    """Return ``text`` if it names the batches to keep; else raise InputError."""
    if text not in (EVERYTHING, AUTO):
        Window.parse(text)
    return text


ClassWeight = Annotated[
    Literal["keep", "none", "balanced"] | dict[str, Annotated[float, Field(ge=2**-16, le=1_000_000)]],
    Field(
        description="how often a row of each class counts: a weight by label, balanced, none, or keep, "
        "which takes those of the version before"
    ),
]


class Learning(BaseModel):
    """How the structure and the linear part are trained; the defaults suit 16 columns as well as 784."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden_layer_sizes: Auto | tuple[Width, ...] = Field("auto", description="units of each gated layer")
    paths: Literal["auto", "explicit", "landmarks", "synthetic"] = Field(
        "auto", description="which path features (synthetic: landmarks that are nobody's rows)"
    )
    n_landmarks: Auto | Annotated[int, Field(ge=1, le=32_768)] = Field(
        "auto",
        description="landmarks of the path kernel (auto: 12 times the root of the rows, 1,024 at most, 256 beside "
        "random features)",
    )
    n_random_features: Auto | Annotated[int, Field(ge=0, le=32_768)] = Field(
        "auto",
        description="random ReLU features of inputs and activations beside the paths, for labels that the base "
        "lacks (auto: by held-out rows, on 4,000 rows or more whose columns share a unit)",
    )
    feature_budget: Auto | Annotated[int, Field(ge=1, le=32_768)] = Field(
        "auto",
        description="path and random features at most, where random ones are auto (auto: 14 times the root of the "
        "rows, 1,536 at most; 22 times and 3,840 for more than 32 columns)",
    )
    alpha: Auto | Annotated[float, Field(ge=0)] = Field(
        "auto", description="ridge strength (auto: chosen on validation statistics)"
    )
    feature_bits: Literal[8, 12, 16] = Field(8, description="bits of a path feature")
    max_epochs: Annotated[int, Field(ge=1, le=1_000)] | Auto = Field(
        "auto", description=f"epochs of structure extraction at most (auto: {EPOCHS})"
    )
    settle_tolerance: float = Field(0.01, gt=0, lt=1, description="flip rate under which the gates count as still")
    patience: int = Field(2, ge=1, description="epochs in a row that the gates must be still")
    early_stopping: bool = Field(
        False,
        description="stop extraction too where more epochs no longer help a small model solved on the gates, on "
        "rows held out",
    )
    random_state: int = Field(0, ge=0, description="seed of everything random")
    class_weight: ClassWeight = "keep"
    device: Device = "cpu"


class Gate(BaseModel):
    """When a challenger becomes champion, and which batches it keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: Literal["auto", "accuracy", "balanced_accuracy", "macro_f1", "log_loss", "cost", "rmse", "mae"] = (
        Field(
            "auto",
            description="score that the gate compares (auto: accuracy for labels, balanced accuracy where class "
            "weights are balanced, cost where costs are given, RMSE for real targets)",
        )
    )
    costs: dict[str, dict[str, Annotated[float, Field(ge=0)]]] = Field(
        {},
        description="cost by true label and answer, 1 for others; the answer of least expected cost is given",
    )
    threshold: Literal["auto", "keep"] | Annotated[float, Field(gt=0, lt=1)] = Field(
        "auto",
        description="probability of the second of two classes from which it is answered (auto: chosen on the "
        "holdout by the gate's score where that is surely better than 0.5; keep: that of the version before)",
    )
    margin: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="how much worse a challenger may be and still be promoted: accuracy lost, or error added, "
        "as a share of the champion's",
    )
    slice_fraction: float = Field(
        0.2, ge=0, lt=1, description="share of new rows held back from the candidate while it is judged"
    )
    class_weight: ClassWeight = "keep"
    keep: Annotated[str, AfterValidator(window)] = Field(
        EVERYTHING,
        description="batches that stay learnt: everything, the newest 26w, 200 batches or 1e6 rows, "
        "or auto, which chooses by prequential score; those that leave are subtracted exactly",
    )


class Deciding(Gate):
    """When a challenger becomes champion, which batches it keeps, and what a first training holds out."""

    holdout: Literal["auto", "time", "random"] = Field(
        "auto",
        description="rows that a first training holds out: the latest (auto, where a time is declared) or random",
    )
    holdout_fraction: float = Field(
        0.2, gt=0, lt=1, description="share of the rows that a first training holds out"
    )

    @classmethod
    def of(cls, gate: Gate) -> "Deciding":
        """The settings of a later training, which holds out what the first one did."""
        return gate if isinstance(gate, Deciding) else cls(**gate.model_dump())


LEARNING = Learning()
DECIDING = Deciding()
GATE = Gate()
