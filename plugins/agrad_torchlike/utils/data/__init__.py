"""Datasets, samplers and the loader under PyTorch's names: ``from agrad_torchlike.utils.data import DataLoader``."""

from agrad_torchlike.utils.data.datasets import ConcatDataset, Dataset, Subset, TensorDataset, random_split
from agrad_torchlike.utils.data.loader import DataLoader, default_collate
from agrad_torchlike.utils.data.samplers import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "default_collate",
    "random_split",
]
