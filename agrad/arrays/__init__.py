"""The array object and its namespaces: Tensors, their views, what makes and converts them."""
