"""Data for training: datasets, samplers, and a loader that makes batches."""

from agrad_nn.data.collate import collate
from agrad_nn.data.dataset import ArrayDataset, ConcatDataset, Dataset, Subset, TensorDataset, random_split
from agrad_nn.data.loader import DataLoader
from agrad_nn.data.sampler import (
    BatchSampler,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

__all__ = [
    "ArrayDataset",
    "BatchSampler",
    "ConcatDataset",
    "DataLoader",
    "Dataset",
    "RandomSampler",
    "SequentialSampler",
    "Subset",
    "SubsetRandomSampler",
    "TensorDataset",
    "WeightedRandomSampler",
    "collate",
    "random_split",
]
