"""PyTorch's names over agrad: ``import agrad_torchlike as torch``."""
