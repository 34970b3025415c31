"""Docstrings of the functions that index arrays and rearrange them."""

from __future__ import annotations

from .record import ONE_AXIS, Doc

__all__ = ["INDEXING", "MANIPULATION"]

_WHOLE = {"axis": ("int", "The axis to work along; by default the array is flattened first.")}
_POSITIONS = {"axis": ("int or tuple of ints", "Where the axes of length one are, counted in the result.")}

INDEXING: dict[str, Doc] = {
    "take": Doc(
        "Elements along an axis at given positions.",
        "The cotangent added up at the positions that were taken: a repeated position collects every contribution.",
        ">>> xp.take(xp.asarray([10.0, 20.0, 30.0]), xp.asarray([2, 0])).tolist()\n[30.0, 10.0]",
        params={
            "indices": ("array", "One-dimensional integer positions; negative ones count from the end."),
            "axis": ("int", "The axis to take from; it may be left out where `x` has one axis only."),
        },
        returns="The elements, with as many along `axis` as there are indices.",
        raises={"IndexError": "A position lies outside the axis, on backends that check it."},
    ),
    "take_along_axis": Doc(
        "Elements along an axis at positions that differ from row to row.",
        "The cotangent added up at the positions that were taken.",
        ">>> x = xp.asarray([[3.0, 1.0], [2.0, 4.0]])\n"
        ">>> xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1).tolist()\n[[1.0, 3.0], [2.0, 4.0]]",
        params={
            "indices": ("array", "Integer positions, with as many axes as `x`; the other axes broadcast."),
            **ONE_AXIS,
        },
        returns="The elements, of the shape of `indices` along `axis`.",
        raises={"IndexError": "A position lies outside the axis, on backends that check it."},
    ),
}

MANIPULATION: dict[str, Doc] = {
    "broadcast_arrays": Doc(
        "Broadcast arrays against each other.",
        "The cotangent summed over the axes that were stretched.",
        ">>> a, b = xp.broadcast_arrays(xp.zeros((3, 1)), xp.zeros((2,)))\n>>> a.shape, b.shape\n((3, 2), (3, 2))",
        returns={"tuple of arrays": "The arrays, all of one shape."},
        raises={"ValueError": "The shapes do not broadcast."},
    ),
    "broadcast_shapes": Doc(
        "The shape that several shapes broadcast to.",
        "None, as shapes are no data.",
        ">>> xp.broadcast_shapes((3, 1), (2,))\n(3, 2)",
        params={"*shapes": ("tuple of ints", "The shapes.")},
        returns={"tuple of ints": "The common shape."},
        raises={"ValueError": "The shapes do not broadcast."},
    ),
    "broadcast_to": Doc(
        "Broadcast an array to a shape.",
        "The cotangent summed over the axes that were stretched.",
        ">>> xp.broadcast_to(xp.asarray([1, 2]), (2, 2)).tolist()\n[[1, 2], [1, 2]]",
        params={"shape": ("tuple of ints", "The shape to reach.")},
        returns="The stretched array.",
        raises={"ValueError": "The array does not broadcast to the shape."},
    ),
    "concat": Doc(
        "Join arrays along an axis that they have.",
        "Every array receives its own stretch of the cotangent.",
        ">>> xp.concat([xp.asarray([1, 2]), xp.asarray([3])]).tolist()\n[1, 2, 3]",
        params={"axis": ("int or None", "The axis to join along; None flattens the arrays first.")},
        returns="The joined array, of the dtype that the arrays promote to.",
        raises={"ValueError": "The shapes differ on another axis."},
    ),
    "expand_dims": Doc(
        "Insert axes of length one.",
        "The cotangent without these axes.",
        ">>> xp.expand_dims(xp.asarray([1, 2]), axis=1).tolist()\n[[1], [2]]",
        params=_POSITIONS,
        returns="The array with the new axes.",
    ),
    "flip": Doc(
        "Reverse the order of the elements along axes.",
        "The flipped cotangent.",
        ">>> xp.flip(xp.asarray([1, 2, 3])).tolist()\n[3, 2, 1]",
        params={"axis": ("int or tuple of ints", "The axes to reverse; by default all of them.")},
        returns="The flipped array.",
    ),
    "moveaxis": Doc(
        "Move axes to new positions; the others keep their order.",
        "The cotangent with the axes moved back.",
        ">>> xp.moveaxis(xp.zeros((2, 3, 4)), 0, 2).shape\n(3, 4, 2)",
        params={
            "source": ("int or tuple of ints", "Where the axes are."),
            "destination": ("int or tuple of ints", "Where each of them goes."),
        },
        returns="The array with its axes moved.",
    ),
    "permute_dims": Doc(
        "Put the axes in a given order.",
        "The cotangent with the axes in the inverse order.",
        ">>> xp.permute_dims(xp.zeros((2, 3, 4)), (2, 0, 1)).shape\n(4, 2, 3)",
        params={"axes": ("tuple of ints", "The input's axis for each axis of the result.")},
        returns="The array with its axes permuted.",
    ),
    "repeat": Doc(
        "Repeat every element, next to itself.",
        "The sum of the cotangent over the repetitions of each element.",
        ">>> xp.repeat(xp.asarray([1, 2]), 2).tolist()\n[1, 1, 2, 2]",
        params={
            "repeats": ("int or array", "How often; an array says it for each element along the axis."),
            **_WHOLE,
        },
        returns="The array with its elements repeated.",
    ),
    "reshape": Doc(
        "The same elements in another shape, in row-major order.",
        "The cotangent in the shape of `x`.",
        ">>> xp.reshape(xp.asarray([1, 2, 3, 4]), (2, -1)).tolist()\n[[1, 2], [3, 4]]",
        params={"shape": ("tuple of ints", "The new shape; one entry may be -1 and is worked out.")},
        returns="The reshaped array.",
        raises={"ValueError": "The elements do not fit the shape, or ``copy=False`` and a copy is needed."},
    ),
    "roll": Doc(
        "Shift elements along axes; what leaves at one end comes back at the other.",
        "The cotangent shifted back.",
        ">>> xp.roll(xp.asarray([1, 2, 3]), 1).tolist()\n[3, 1, 2]",
        params={
            "shift": ("int or tuple of ints", "By how many places, towards higher positions; one number per axis."),
            "axis": ("int or tuple of ints", "The axes to shift along; by default the array is flattened meanwhile."),
        },
        returns="The shifted array.",
    ),
    "squeeze": Doc(
        "Remove axes of length one.",
        "The cotangent with these axes put back.",
        ">>> xp.squeeze(xp.zeros((1, 3, 1)), axis=(0, 2)).shape\n(3,)",
        params={"axis": ("int or tuple of ints", "The axes to remove.")},
        returns="The array without these axes.",
        raises={"ValueError": "One of the axes is longer than one."},
    ),
    "stack": Doc(
        "Join arrays of one shape along a new axis.",
        "Every array receives its own slice of the cotangent.",
        ">>> xp.stack([xp.asarray([1, 2]), xp.asarray([3, 4])]).tolist()\n[[1, 2], [3, 4]]",
        params={"axis": ("int", "Where the new axis is, counted in the result.")},
        returns="The stacked array, of the dtype that the arrays promote to.",
        raises={"ValueError": "The shapes differ."},
    ),
    "tile": Doc(
        "Repeat the whole array, side by side.",
        "The sum of the cotangent over the repetitions.",
        ">>> xp.tile(xp.asarray([1, 2]), (2, 2)).tolist()\n[[1, 2, 1, 2], [1, 2, 1, 2]]",
        params={"repetitions": ("tuple of ints", "How often along each axis; missing axes are added in front.")},
        returns="The tiled array.",
    ),
    "unstack": Doc(
        "Split an array along an axis into the arrays that lie on it.",
        "The cotangents of the parts, stacked.",
        ">>> [part.tolist() for part in xp.unstack(xp.asarray([[1, 2], [3, 4]]))]\n[[1, 2], [3, 4]]",
        params=ONE_AXIS,
        returns={"tuple of arrays": "The parts, without the axis."},
    ),
}
