"""Eight float32 numbers in one register, for compiled loops that must keep their sums there.

Numba turns a loop over an array into vector instructions by itself, but it keeps the running sums of a matrix product
in memory, and storing them takes longer than the multiplications. Here the sums are a value: a tile of `rows` rows of
`width` vectors. The operations below give a new tile, so the compiler holds it in registers from the first term of the
sums to the last. Sixteen registers must do for a tile and what it is made from.

An array is read and written by its place in memory, `at`, counted in numbers, whatever its shape; it must be
C-contiguous. Nothing checks the bounds.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.datamodel.models import PrimitiveModel
from numba.core.datamodel.registry import register_default
from numba.extending import intrinsic

WIDTH = 8  # numbers in a vector: one register of AVX2, two of NEON
FLOAT, BYTES = ir.FloatType(), 4
LANES = ir.VectorType(FLOAT, WIDTH)
operation: Any = intrinsic  # callers leave out the first argument, which a type checker cannot know


class Vector(types.Type):
    """The compiler's type of eight float32."""

    def __init__(self) -> None:
        super().__init__(name="Vector")


VECTOR = Vector()


@register_default(Vector)
class VectorModel(PrimitiveModel):
    """How it lies in a register."""

    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, LANES)


def address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Where in memory the number lies."""
    return builder.gep(context.make_array(kind)(context, builder, array).data, [at])


def spread(builder: Any, number: Any) -> Any:
    """The number in all places."""
    single = builder.insert_element(ir.Constant(LANES, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(single, ir.Constant(LANES, ir.Undefined),
                                  ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH))


def fetch(builder: Any, pointer: Any) -> Any:
    """Eight numbers from memory."""
    return builder.load(builder.bitcast(pointer, LANES.as_pointer()), align=BYTES)


def put(builder: Any, vector: Any, pointer: Any) -> None:
    """Eight numbers to memory."""
    builder.store(vector, builder.bitcast(pointer, LANES.as_pointer()), align=BYTES)


def places(context: Any, builder: Any, rows: int, width: int, at: Any, stride: Any) -> list[Any]:
    """Where the vectors of a tile begin, row by row."""
    def number(value: int) -> Any:
        return context.get_constant(types.intp, value)

    return [builder.add(builder.add(at, builder.mul(stride, number(i))), number(k * WIDTH))
            for i in range(rows) for k in range(width)]


@operation(prefer_literal=True)
def load(_typing: Any, rows: Any, width: Any, array: Any, at: Any, stride: Any) -> Any:
    """load(rows, width, array, at, stride): the tile whose rows begin at `at`, `at + stride`, ..."""
    n, m = rows.literal_value, width.literal_value

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        vectors = [fetch(builder, address(context, builder, array, args[2], place))
                   for place in places(context, builder, n, m, args[3], args[4])]
        return context.make_tuple(builder, signature.return_type, vectors)

    return types.UniTuple(VECTOR, n * m)(rows, width, array, types.intp, types.intp), generate


@operation(prefer_literal=True)
def store(_typing: Any, tile: Any, width: Any, array: Any, at: Any, stride: Any) -> Any:
    """store(tile, width, array, at, stride): put a tile where `load` would find it."""
    m = width.literal_value

    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        vectors = cgutils.unpack_tuple(builder, args[0], tile.count)
        for vector, place in zip(vectors, places(context, builder, tile.count // m, m, args[3], args[4]), strict=True):
            put(builder, vector, address(context, builder, array, args[2], place))
        return context.get_dummy_value()

    return types.void(tile, width, array, types.intp, types.intp), generate


@operation
def add_outer(_typing: Any, tile: Any, numbers: Any, at: Any, stride: Any, row: Any) -> Any:
    """add_outer(tile, numbers, at, stride, row): the tile plus the outer product of n numbers and a row.

    Row i of the tile gains numbers[at + i * stride] * row.
    """
    m = row.count
    n = tile.count // m

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums, factors = cgutils.unpack_tuple(builder, args[0], n * m), cgutils.unpack_tuple(builder, args[4], m)
        for i, place in enumerate(places(context, builder, n, 1, args[2], args[3])):
            number = spread(builder, builder.load(address(context, builder, numbers, args[1], place)))
            for k in range(m):  # "contract": one instruction for product and sum
                product = builder.fmul(number, factors[k], flags=("contract",))
                sums[i * m + k] = builder.fadd(sums[i * m + k], product, flags=("contract",))
        return context.make_tuple(builder, signature.return_type, sums)

    return tile(tile, numbers, types.intp, types.intp, row), generate


@operation
def add(_typing: Any, tile: Any, other: Any) -> Any:
    """add(tile, other): two tiles of one shape, number by number."""
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pairs = zip(*(cgutils.unpack_tuple(builder, arg, tile.count) for arg in args), strict=True)
        return context.make_tuple(builder, signature.return_type, [builder.fadd(*pair) for pair in pairs])

    return tile(tile, other), generate


@operation
def where_positive(_typing: Any, judges: Any, tile: Any) -> Any:
    """where_positive(judges, tile): 0 where the number of `judges` is not above 0; what is not a number judges well.

    With itself as its judge a tile goes through a ReLU that does not hide numbers out of bounds.
    """
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        zero = ir.Constant(LANES, [0.0] * WIDTH)
        pairs = zip(*(cgutils.unpack_tuple(builder, arg, tile.count) for arg in args), strict=True)
        vectors = [builder.select(builder.fcmp_ordered("<=", judge, zero), zero, vector) for judge, vector in pairs]
        return context.make_tuple(builder, signature.return_type, vectors)

    return tile(judges, tile), generate
