"""Optimizers, schedules of their learning rates, and clipping of gradients."""

from agrad_nn.optim.adagrad import Adagrad
from agrad_nn.optim.adam import Adam, AdamW
from agrad_nn.optim.clipping import clip_grad_norm, clip_grad_value
from agrad_nn.optim.lbfgs import LBFGS
from agrad_nn.optim.optimizer import Optimizer
from agrad_nn.optim.rmsprop import RMSprop
from agrad_nn.optim.schedules import (
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)
from agrad_nn.optim.sgd import SGD

__all__ = [
    "LBFGS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "ExponentialLR",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "ReduceLROnPlateau",
    "StepLR",
    "clip_grad_norm",
    "clip_grad_value",
]
