"""The namespace that users compute in: the standard's functions over one backend, built as they are used."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from inspect import cleandoc
from typing import Any

from agrad import ops, plugins
from agrad.arrays.composed import own_results
from agrad.arrays.creation import create
from agrad.arrays.fallbacks import Raw
from agrad.arrays.operators import operate
from agrad.arrays.tensors import Tensor, specialised_tensor, stale_tensor
from agrad.arrays.views import Lens, attach, key_of, laid_out
from agrad.backend import Backend
from agrad.declare import Op
from agrad.elsewhere import FUNCTIONS, hint
from agrad.errors import BackendError, PluginError
from agrad.interpret.apply import raw_of
from agrad.interpret.aval import Aval, interning
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.fast import block, closure
from agrad.interpret.pairs import by_number, reflected
from agrad.interpret.parameters import PLAIN, enter
from agrad.interpret.signature import creation_signature, public
from agrad.ops import EXTENSIONS, INTERNAL
from agrad.ops._shapes import place_of
from agrad.ops.standard import ALIASES, CONSTANTS, DTYPES, WIDER
from agrad.plugins.registry import registry

__all__ = ["Extension", "Namespace", "array_namespace", "backend_name", "namespace"]


class Extension:
    """A sub-namespace: ``linalg`` or ``fft`` of the standard, or the ops of a plugin.

    Examples
    --------
    >>> namespace("numpy").linalg
    agrad[numpy].linalg
    """

    def __init__(self, space: Namespace, name: str) -> None:
        self._space = space
        self.__name__ = f"{space.__name__}.{name}"
        self._name = name

    def __getattr__(self, name: str) -> Any:
        made = self._space._function(f"{self._name}.{name}")
        if made is None:
            where = "is not in the array API standard" if self._name in EXTENSIONS else "is none of the plugin's ops"
            raise AttributeError(f"{self.__name__} has no {name!r}: it {where}", name=name, obj=self)
        setattr(self, name, made)
        return made

    def __dir__(self) -> list[str]:
        if self._name not in EXTENSIONS:
            return sorted(plugins.ops(self._name))
        prefix = self._name + "."
        return sorted(name[len(prefix) :] for name in (*ops.table, *ALIASES) if name.startswith(prefix))

    def __repr__(self) -> str:
        return self.__name__


class Namespace:
    """Every function, constant, dtype and extension of the array API standard 2025.12, with gradients.

    Made by `agrad.namespace`; there is one a backend, equal only to itself.

    Examples
    --------
    >>> xp = namespace("numpy")
    >>> xp.cumulative_sum(xp.asarray([1.0, 2.0])).tolist()
    [1.0, 3.0]
    """

    __array_api_version__ = "2025.12"

    def __init__(self, backend: Backend) -> None:
        self.__name__ = f"agrad[{backend.name}]"
        self._backend = backend
        self._rules = plugins.rules(backend.name)
        self._raw = Raw(backend, backend.load())
        self._owns = backend.owns
        self._array_types: set[type] = set()
        self._numbers = frozenset(backend.scalars())
        self._plain: set[type] = {bool, int, float, complex, type(None), slice, type(Ellipsis), *self._numbers}
        self._settings: set[type] = set(PLAIN)
        self._aval_of: Callable[[Any], Aval] = interning(self._raw.isdtype)
        self._ones: dict[Aval, Any] = {}
        self._bound: dict[str, Bound] = {}
        self._tensor: type[Tensor] = specialised_tensor(self)
        self._stale: type[Tensor] = stale_tensor(self._tensor)

    def __getattr__(self, name: str) -> Any:
        if name in CONSTANTS or name in DTYPES:
            value: Any = getattr(self._raw, name)
        elif name in EXTENSIONS or plugins.ops(name):
            value = Extension(self, name)
        elif name in ("_getitem", "_setitem"):
            value = closure(self._bind(name[1:]), enter)
        elif name in ("_slice", "_unslice"):  # reading and scattering at an index without arrays, which is a parameter
            f = self._bind("getitem" if name == "_slice" else "scatter")
            f = Bound(f.op._replace(arity=1, vjp=f.op.vjp[:1]), self, f.impl)
            value = block(f, enter) if name == "_slice" else closure(f, enter)
        else:
            value = self._function(name)
            if value is None:
                raise AttributeError(
                    f"{self.__name__} has no {name!r}: it is not in the array API standard, and no plugin of that name "
                    f"that has ops is installed{hint(FUNCTIONS, name)}",
                    name=name,
                    obj=self,
                )
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        names = [name for name in ops.table if "." not in name and name not in INTERNAL]
        return sorted([*names, *CONSTANTS, *DTYPES, *EXTENSIONS, "__array_namespace_info__"])

    def __repr__(self) -> str:
        return self.__name__

    def __reduce__(self) -> Any:
        return namespace, (self._backend.name,)

    def __array_namespace_info__(self) -> Any:
        """Return the inspection object of the backend: capabilities, devices, dtypes.

        Returns
        -------
        info : object
            With the methods ``capabilities``, ``default_device``, ``default_dtypes``, ``devices``
            and ``dtypes`` of the standard.

        Examples
        --------
        >>> import agrad
        >>> xp = agrad.namespace("numpy")
        >>> xp.__array_namespace_info__().default_device()
        'cpu'
        """
        return self._raw.__array_namespace_info__()

    # What the interpretations use -----------------------------------------------------------------

    def _bind(self, name: str) -> Bound:
        """The op of that name with this backend's function."""
        bound = self._bound.get(name)
        if bound is None:
            op = self._op(name)
            assert op is not None, name
            impl: Any = self._raw
            for part in name.split("."):
                impl = getattr(impl, part)
            bound = self._bound[name] = Bound(op, self, impl)
        return bound

    def _support(self, name: str) -> str:
        """How the backend computes an op: "native", "computed" from other functions, or "unsupported: why"."""
        op = self._op(name)
        assert op is not None, name
        if op.kind == "composite" and not op.native and "." in name and name.partition(".")[0] not in EXTENSIONS:
            return "computed"
        owner = self._raw
        for part in name.split(".")[:-1]:
            owner = getattr(owner, part)
        how: str = owner._resolve(op)[0]
        return how

    def _op(self, name: str) -> Op | None:
        return self._rules.get(name) or plugins.find(name)

    def _function(self, name: str) -> Callable[..., Any] | None:
        if name in ALIASES:
            shared: Callable[..., Any] = getattr(self, ALIASES[name])
            return shared
        op = self._op(name)
        if op is None:
            return None
        f = self._bind(name)
        run = (lambda *args: create(f, *args)) if op.kind == "creation" else self._closure(f, enter)
        if op.write is not None and name in self._backend.views:
            run = self._viewing(f, run)
        made = public(op, run, self.__name__)
        if name in ("getitem", "setitem", "scatter"):
            return _plain_keys(self, name, made)
        if name not in INTERNAL:
            made.__doc__ = _documentation(op)
        return made

    def _closure(self, f: Bound, door: Callable[..., Any], operator: bool = False) -> Callable[..., Any]:
        """The op as a function of its data and parameters; a Python number may make it another op."""
        run = closure(f, door, operator)
        if not f.op.scalar:
            return run
        scalar = self._bind(f.op.scalar)
        if scalar.op.kind == "general":  # a backend's own rule, which is no partial
            return run
        return by_number(f, run, scalar, closure(scalar, door, operator), operator)

    def _operator(self, name: str, backwards: bool) -> Callable[..., Any]:
        """The function of an op as an operator of the Tensor class."""
        f = self._bind(name)
        run = self._closure(f, operate, operator=True)
        if f.op.write is not None and name in self._backend.views:
            run = self._viewing(f, run)
        return reflected(f, run, operate) if backwards else run

    def _viewing(self, f: Bound, run: Callable[..., Any]) -> Callable[..., Any]:
        """An op whose result may share memory with its first argument: on Tensors, too, then."""
        run.__qualname__ = f.op.name.split(".")[-1]  # its messages are the public function's
        shares, several, numbers = self._backend.shares, f.op.several, self._numbers
        writable = f.op.name not in self._backend.read_only

        tensor, way = self._tensor, _Result(f, run)

        def viewing(*call: Any) -> Any:
            x = call[0]
            if not isinstance(x, Tensor):
                return run(*call)
            ties = getattr(x, "_ties", None)
            if type(ties) is Lens:
                laid_out(x, ties)
            out = run(*call)
            array = x._value
            if type(array) is tensor:
                array = raw_of(array)
            for k, view in enumerate(out) if several else ((0, out),):
                if view is not x and type(array) not in numbers:
                    shown = view._value
                    if shares(raw_of(shown) if type(shown) is tensor else shown, array):
                        attach(x, view, ties if k == 0 else x._ties, way, (call, k), writable)
            return out

        return viewing

    def _copied(self, array: Any) -> Any:
        """An array that its owner cannot change."""
        return self._raw.asarray(array, copy=True) if self._backend.mutable else array

    def _own_results(self, f: Bound, args: Sequence[Any], params: dict[str, Any], out: Any) -> Any:
        """What a composite returns, as the library's function makes it: memory of its own, and how it lies there."""
        return own_results(self, f, args, params, out)

    def _one(self, value: Any, aval: Aval) -> Any:
        """A cotangent of ones for a raw value: kept where the library's scalars cannot be changed."""
        one = self._ones.get(aval)
        if one is None:
            if value.ndim == aval.ndim:
                one = self._raw.ones_like(value)
            else:  # that of one example, where the value is of many
                one = self._raw.ones(aval.shape, dtype=aval.dtype, device=place_of(value))
            if not aval.ndim:
                one = self._backend.lean(one)
                if type(one) in self._backend.scalars():
                    self._ones[aval] = one
        return one

    def _box(self, value: Any, aval: Aval, node: Any) -> Tensor:
        """A Tensor around a value, followed by `node`."""
        y = self._tensor()
        y._value = value
        y._aval = aval
        y._node = node
        return y

    def _wrap(self, out: Any) -> Any:
        """Constant Tensors for what a backend function returned; anything but arrays stays as it is."""
        kind = type(out)
        if kind is self._tensor:
            return out
        if kind in self._array_types:
            return self._box(out, self._aval_of(out), None)
        if isinstance(out, (tuple, list)):  # a union would be made anew at each call
            return self._rebuild(out, [self._wrap(item) for item in out])
        return self._box(out, self._aval_of(out), None) if self._owns(out) else out

    @staticmethod
    def _rebuild(like: Any, items: Sequence[Any]) -> Any:
        """The same kind of tuple, named ones included."""
        return type(like)(*items) if hasattr(like, "_fields") else tuple(items)


def _plain_keys(space: Namespace, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same for rules, whose indices may hold the integers of another library."""

    def keyed(x: Any, key: Any, *value: Any, **options: Any) -> Any:
        key, basic = key_of(key)
        if basic and name == "getitem":
            return space._slice(x, key)
        if basic and name == "scatter":
            return space._unslice(x, {"key": key, **options})
        return function(x, key, *value, **options)

    return keyed


class _Result:
    """The way to the result of a function that returns a view: one of several, where there are several."""

    __slots__ = ("f", "run")

    def __init__(self, f: Bound, run: Callable[..., Any]) -> None:
        self.f = f
        self.run = run

    def read(self, lens: Lens, base: Tensor) -> Any:
        call, index = lens.data
        out = self.run(base, *call[1:])
        return out[index] if self.f.op.several else out

    def write(self, lens: Lens, base: Tensor, value: Tensor) -> Any:
        call, index = lens.data
        params = call[-1] if isinstance(call[-1], dict) else {}
        env = {**params, self.f.arguments[0]: base, "value": value, "index": index, "xp": self.f.space}
        rule: Any = self.f.op.write
        return rule(*[env[n] for n in names_of(rule)])


def _documentation(op: Op) -> str:
    if op.doc or ("." in op.name and op.name.partition(".")[0] not in EXTENSIONS):
        return cleandoc(op.doc)
    from agrad.ops.docs import docstring

    return docstring(op.name, creation_signature(op) if op.kind == "creation" else WIDER.get(op.name, op.signature))


_made: dict[str, Namespace] = {}


def _namespace(name: str) -> Namespace:
    made = _made.get(name)
    if made is not None:
        return made
    known = plugins.backends()
    if name not in known:
        raise PluginError(
            f"no backend named {name!r} is installed; installed are {sorted(known)}: name one of them, or install "
            "the plugin that provides it; `agrad plugins` shows those that are disabled or broken"
        )
    try:
        made = _made[name] = Namespace(known[name])
    except ImportError as error:
        raise PluginError(
            f"the backend {name!r} could not import its library ({error}); install it with {known[name].how_to_install}"
        ) from error
    registry.in_use.add(name)
    return made


def _forget_plugins() -> None:
    """Let the next look at a plugin's ops find what there is now."""
    installed = plugins.backends()
    for name, space in list(_made.items()):
        for holder in (space, space._raw):
            for key, value in list(vars(holder).items()):
                if isinstance(value, Extension | Raw) and key not in (*EXTENSIONS, "_raw", "_root"):
                    delattr(holder, key)
        for key in [key for key in space._bound if key.partition(".")[0] not in (key, *EXTENSIONS)]:
            del space._bound[key]
        if name not in installed:
            del _made[name]
            registry.in_use.discard(name)
    _owners.clear()


registry.changed.append(_forget_plugins)


def namespace(name: str | None = None) -> Namespace:
    """Return the namespace of a backend.

    Parameters
    ----------
    name : str, optional
        An installed backend. Without one, the environment variable ``AGRAD_BACKEND``, else "numpy".

    Returns
    -------
    Namespace
        The same object at every call with the same name.

    Raises
    ------
    PluginError
        No such backend is installed.

    Examples
    --------
    >>> import agrad
    >>> xp = agrad.namespace("numpy")
    >>> xp.sum(xp.asarray([1.0, 2.0])).item()
    3.0
    """
    return _namespace(name or os.environ.get("AGRAD_BACKEND") or "numpy")


_owners: dict[type, Namespace] = {}


def array_namespace(*arrays: Any) -> Namespace:
    """Return the namespace that the arguments belong to: Tensors, plain arrays, Python scalars or a mix.

    Parameters
    ----------
    *arrays : Tensor, array of a backend, or Python scalar
        Scalars belong anywhere; with nothing else, the default namespace is returned.

    Returns
    -------
    Namespace

    Raises
    ------
    BackendError
        The arguments belong to different backends, or one belongs to none.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.array_namespace(numpy.ones(3), 2.0)
    agrad[numpy]
    """
    found: Namespace | None = None
    for a in arrays:
        if isinstance(a, Tensor):
            space: Namespace | None = a.__array_namespace__()
        elif type(a) in (bool, int, float, complex) or a is None:
            continue
        else:
            space = owner(a)
            if space is None:
                raise BackendError(
                    f"array_namespace got a {type(a).__name__}, which no installed backend owns; "
                    f"installed are {sorted(plugins.backends())}"
                )
        if found is not None and space is not found:
            raise BackendError(
                f"arrays of {found!r} and of {space!r} in one operation; convert one of them first, "
                f"with agrad.asarray(x, backend={found._backend.name!r})"
            )
        found = space
    return found or namespace()


def backend_name(x: Any) -> str:
    """Return the name of the backend of a namespace, a Tensor or an array.

    Parameters
    ----------
    x : Namespace, Tensor or array of a backend

    Returns
    -------
    str
        As `namespace` and ``backend=`` take it.

    Raises
    ------
    BackendError
        No installed backend owns it.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.backend_name(numpy.ones(3)), agrad.backend_name(agrad.namespace("numpy"))
    ('numpy', 'numpy')
    """
    return (x if isinstance(x, Namespace) else array_namespace(x))._backend.name


def owner(a: Any) -> Namespace | None:
    """The namespace whose backend owns a plain array, if any."""
    known = _owners.get(type(a))
    if known is None:
        backend = plugins.owner(a)
        if backend is not None:
            known = _owners[type(a)] = _namespace(backend.name)
    return known
