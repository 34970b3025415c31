"""Into a transform and out again: plain arrays, Python floats, and the rules for what is handed back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agrad.arrays.imperative import handed_out, seed_of
from agrad.arrays.namespaces import Namespace, array_namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.errors import BackendError, DtypeError
from agrad.interpret.apply import escaped, private, raw_of
from agrad.interpret.levels import Trace
from agrad.ops._shapes import place_of
from agrad.transforms.containers import flatten, is_array, passes, place, unflatten

if TYPE_CHECKING:
    from agrad.interpret.aval import Aval

__all__ = ["Inputs", "zeros_like"]

Tree = Any

SINGLE = flatten((0.0,), none_is_leaf=True)[1]
"""The structure of one argument that is an array or a number itself, the most common one."""


def one_an_argument(what: str, **given: Any) -> None:
    """Refuse an array where a tuple with an item for each argument is expected: it would be taken apart."""
    for name, value in given.items():
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise TypeError(
                f"{what} got a {type(value).__name__} as {name}; it takes a tuple with one item an argument: "
                f"{what}(f, (x,), (v,))"
            )


class Inputs:
    """The differentiable arguments of one call, flattened.

    Parameters
    ----------
    trees : sequence
        The arguments that derivatives are taken of, each an array or a container of arrays.
    what : str
        The transform's name, for messages.
    others : sequence
        All arguments of the call, for the namespace where the differentiated ones are Python floats.
    numbers : sequence of int, optional
        Which arguments of the call the trees are, for messages.
    keep : bool
        The transform's results outlive the call: take copies of arrays that may be changed.

    Notes
    -----
    Integer and boolean arrays that are an argument themselves are an error. Inside containers they pass through, and so
    do texts, functions and their kind; any other object there is an error. Arguments are independent of each other,
    even where they share memory.
    """

    def __init__(
        self,
        trees: Sequence[Tree],
        what: str,
        others: Sequence[Any] = (),
        numbers: Sequence[int] | None = None,
        keep: bool = False,
    ) -> None:
        self.what = what
        self.single = len(trees) == 1 and (type(trees[0]) in (float, complex) or is_array(trees[0]))
        if self.single:
            leaves, self.treedef = trees, SINGLE
        else:
            leaves, self.treedef = flatten(tuple(trees), none_is_leaf=True)
        self.space = space = self._space(leaves, others)
        self.keep = keep = keep and space._backend.mutable
        self.as_tensor = False
        for x in others:
            if isinstance(x, Tensor):
                self.as_tensor = True
        self.leaves: list[Any] = []
        self.followed: list[int] = []
        self.avals: list[Aval] = []
        for x in leaves:
            number = type(x) in (float, complex)
            if isinstance(x, Tensor):
                self.as_tensor = True
                if x._node is not None:
                    if not x._node.trace.alive:
                        raise escaped(x)
                    x = private(x)
                elif x._aval.inexact:
                    x = x._value
            elif type(x) in (float, complex):
                x = space._raw.asarray(x)
            elif not space._owns(x):
                if not isinstance(x, float | complex):
                    self.leaves.append(x)
                    continue
                x = space._raw.asarray(complex(x) if isinstance(x, complex) else float(x))  # of a class of the user's
            elif keep and type(x) not in space._backend.scalars():
                x = space._raw.asarray(x, copy=True)
            try:
                aval = space._aval_of(x)
            except DtypeError as error:  # a backend refuses a dtype, such as NumPy's of objects
                where = place(self.treedef, len(self.leaves), "args" if numbers else "primals", numbers)
                raise DtypeError(f"{what} got {where}: {error}") from None
            if aval.inexact:
                self.followed.append(len(self.leaves))
                self.avals.append(aval.weakened if number else aval)
                x = space._backend.lean(x) if number else x
            self.leaves.append(x)
        if len(self.followed) < len(leaves) or not leaves:
            self._check(trees, numbers)

    @property
    def leaves_followed(self) -> list[Any]:
        """The leaves that derivatives are taken of."""
        return [self.leaves[i] for i in self.followed]

    @staticmethod
    def _space(leaves: Sequence[Any], others: Sequence[Any]) -> Namespace:
        found: Namespace | None = None
        for x in leaves:
            space = x._space if isinstance(x, Tensor) else owner(x)
            if space is not None and space is not found:
                if found is not None:
                    return array_namespace(*(x for x in leaves if is_array(x)))  # which raises
                found = space
        if found is None:
            found = array_namespace(*(x for x in flatten(tuple(others))[0] if isinstance(x, Tensor) or owner(x)))
        return found

    def _check(self, trees: Sequence[Tree], numbers: Sequence[int] | None) -> None:
        """Refuse arguments that have no derivative themselves, and objects in containers that nothing is known of."""
        for tree in trees:
            if isinstance(tree, int):
                raise DtypeError(
                    f"{self.what} got the integer {tree!r}; only floats have derivatives: pass {float(tree)}"
                )
            if isinstance(tree, Tensor) or owner(tree) is not None:
                if not self.space._aval_of(tree).inexact:
                    raise DtypeError(
                        f"{self.what} got an array of dtype {tree.dtype}; only real and complex floating-point arrays "
                        "have derivatives: convert it first, for example with xp.astype(x, xp.float64)"
                    )
            elif tree is not None and not isinstance(tree, float | complex) and flatten(tree)[1].is_leaf():
                raise BackendError(
                    f"{self.what} got a {type(tree).__name__}, which is no array of an installed backend, no Tensor "
                    "and no Python float; name the arguments to differentiate with argnums="
                )
        for i, x in enumerate(self.leaves):
            if not (is_array(x) or passes(x)):
                where = place(self.treedef, i, "args" if numbers else "primals", numbers)
                raise BackendError(
                    f"{self.what} got a {type(x).__name__} as {where}, which is no array of an installed backend, no "
                    "container that is known, and no number, text or function; convert it to an array or a dataclass, "
                    'register its type with optree (namespace="agrad"), or pass it as an argument of its own, which is '
                    "not differentiated"
                )

    def follow(self, trace: Trace, node_of: Callable[[int, Aval], Any]) -> tuple[list[Any], tuple[Tree, ...]]:
        """Box the arguments: their nodes, None for one that is not followed, and the arguments with the boxes in place.

        The boxes themselves belong to the user's function, which may rebind them by an in-place change.
        """
        nodes = [node_of(k, aval) for k, aval in enumerate(self.avals)]
        leaves = list(self.leaves)
        for i, aval, node in zip(self.followed, self.avals, nodes, strict=True):
            if node is not None or not isinstance(leaves[i], Tensor):
                leaves[i] = self.space._box(leaves[i], aval, node)
        return nodes, (leaves[0],) if self.single else unflatten(self.treedef, leaves)

    def trees(self, values: Sequence[Any], passed: Any = None) -> tuple[Tree, ...]:
        """Results for the followed leaves in the arguments' containers; `passed` for the others."""
        if self.single:
            return (values[0],)
        leaves = [passed] * len(self.leaves)
        for i, v in zip(self.followed, values, strict=True):
            leaves[i] = v
        return unflatten(self.treedef, leaves)  # type: ignore[no-any-return]

    def hand_out(self, values: Sequence[Any], given: Sequence[Any] = (), tensors: bool = False) -> list[Any]:
        """Cotangents as users get them: Tensors where an argument was one, plain arrays else."""
        if self.single and not given and values[0] is not None and not (tensors or self.as_tensor):
            return [private(values[0]) if isinstance(values[0], Tensor) else self.space._backend.own(values[0])]
        filled = [self.zeros(i) if v is None else v for i, v in zip(self.followed, values, strict=True)]
        return self.handed_out(filled, given, tensors)

    def handed_out(self, values: Sequence[Any], given: Sequence[Any], tensors: bool) -> list[Any]:
        """Arrays without shared memory, or Tensors; None stays."""
        made = iter(handed_out([(self.space, v) for v in values if v is not None], given))
        wrap = self.space._wrap if tensors or self.as_tensor else _same
        return [None if v is None else wrap(next(made)) for v in values]

    def zeros(self, i: int) -> Any:
        """Zeros like a followed leaf, on its device."""
        return zeros_like(self.space, self.leaves[i])

    def results(
        self, trace: Trace, values: Sequence[Any], given: Sequence[Any] = (), tensors: bool = False
    ) -> list[Any]:
        """Results as users get them: one level out, plain unless something further out follows them."""
        found = [_one_level_out(trace, v) if isinstance(v, Tensor) else v for v in values]
        places = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
        owned = handed_out([(values[i]._space, found[i]) for i in places], [*self.leaves, *given])
        for i, v in zip(places, owned, strict=True):
            space = values[i]._space
            if tensors or self.as_tensor:
                v = space._wrap(v)
            elif (
                self.keep and v is found[i] and type(v) is not space._tensor and type(v) not in space._backend.scalars()
            ):
                v = space._raw.asarray(v, copy=True)  # what the graph holds of it stays as it is
            found[i] = v
        return found

    def check_results(self, values: Sequence[Any], structure: Any = None) -> None:
        """Refuse Tensors of another backend than the arguments', and objects that may hold what is followed."""
        for i, v in enumerate(values):
            if isinstance(v, Tensor):
                if v._space is not self.space:
                    raise BackendError(
                        f"{self.what} of arguments of {self.space!r} got a result of {v._space!r}; convert it back, "
                        f"with agrad.asarray(y, backend={self.space._backend.name!r})"
                    )
            elif structure is not None and not (is_array(v) or passes(v)):
                raise BackendError(
                    f"{self.what} of a function that returns a {type(v).__name__}, as {place(structure, i, 'result')}: "
                    "it is no array of an installed backend, no container that is known, and no number, text or "
                    "function; return arrays, or containers of them"
                )

    def given(self, tree: Tree) -> list[Any]:
        """Tangents given for the followed leaves, checked against them; None stands for zeros."""
        where = f"{self.what}'s tangent"
        leaves, treedef = flatten(tree, none_is_leaf=True)
        if treedef != self.treedef:
            raise DtypeError(f"{where} has the structure {treedef}; it must have that of the primals, {self.treedef}")
        chosen = [leaves[i] for i in self.followed]
        return [
            None if v is None else seed_of(self.space, v, aval, where)
            for v, aval in zip(chosen, self.avals, strict=True)
        ]


def zeros_like(space: Namespace, x: Any) -> Any:
    """Zeros like a Tensor, an array or a number, on its device; of what vmap batches, those of one example."""
    x = x if hasattr(x, "dtype") else space._raw.asarray(x)
    raw = raw_of(x)
    if raw.ndim == x.ndim:
        zeros = space._raw.zeros_like(raw)
    else:
        zeros = space._raw.zeros(x.shape, dtype=x.dtype, device=place_of(raw))
    return zeros if zeros.ndim else space._backend.lean(zeros)


def _same(x: Any) -> Any:
    return x


def _one_level_out(trace: Trace, x: Tensor) -> Any:
    """What a Tensor holds for the level around a trace: an array, or a Tensor that something follows there."""
    if x._node is not None and x._node.trace is not trace:
        if not x._node.trace.alive:
            raise escaped(x)
        return x
    value = x._value
    return value._value if isinstance(value, Tensor) and value._node is None else value
