"""Recording has one source of truth: after all blocks are left, in any order or thread, all is as before."""

import asyncio
import inspect
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import agrad
from agrad.interpret.levels import OFF, Trace, enabled

xp = agrad.namespace("numpy")


def leaf(data):
    return agrad.tensor(data, requires_grad=True)


def recording(x):
    """Whether operations are followed; the rule that refuses an in-place change of a leaf must be of the same mind."""
    found = {y.requires_grad for y in (x * 2, xp.sin(x), xp.sum(xp.stack([x, x])), xp.var(xp.stack([x, x])))}
    value = x.item()
    try:
        x += 1.0
    except agrad.InPlaceError:
        found.add(True)
    else:
        found.add(False)
        with agrad.no_grad():
            x -= x.item() - value
    assert len(found) == 1, "operations and in-place changes disagree"
    return found.pop()


@pytest.fixture(autouse=True)
def all_as_before():
    before = len(OFF)
    yield
    assert len(OFF) == before
    assert recording(leaf(3.0))


# Order and thread -------------------------------------------------------------------------------------


def suspended(block, x):
    """A generator that is suspended inside a block, at its one step."""

    def inside():
        with block:
            yield recording(x)

    made = inside()
    assert next(made) is (type(block) is agrad.enable_grad)
    return made


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("shared", [False, True])
def test_generators_suspended_inside_are_closed_in_any_order(order, shared):
    x, one = leaf(3.0), agrad.no_grad()
    made = [suspended(one if shared else agrad.no_grad(), x) for _ in range(3)]
    for k, i in enumerate(order):
        assert not recording(x), f"{k} of 3 are closed"
        made[i].close()
    assert recording(x)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_last_block_that_is_not_left_decides(order):
    x = leaf(3.0)
    kinds = [agrad.no_grad, agrad.enable_grad, agrad.no_grad]
    made = {i: suspended(kind(), x) for i, kind in enumerate(kinds)}
    for i in order:
        made.pop(i).close()
        assert recording(x) is (not made or kinds[max(made)] is agrad.enable_grad)


def test_a_suspended_block_counts_for_the_consumer_as_in_pytorch():
    torch = pytest.importorskip("torch")

    def inside(no_grad):
        with no_grad():
            yield
        yield

    x, theirs = leaf(3.0), torch.tensor(3.0, requires_grad=True)
    ours, other = inside(agrad.no_grad), inside(torch.no_grad)
    found = []
    for _ in range(2):
        next(ours), next(other)
        found.append(((x * 2).requires_grad, (theirs * 2).requires_grad))
    assert found == [(False, False), (True, True)]


@pytest.mark.parametrize("shared", [False, True])
def test_a_generator_is_closed_in_another_thread(shared):
    x, one = leaf(3.0), agrad.no_grad()
    made = [suspended(one if shared else agrad.no_grad(), x) for _ in range(2)]
    with one, ThreadPoolExecutor(1) as pool:
        pool.submit(made[0].close).result()
        assert not recording(x)
        assert pool.submit(recording, leaf(2.0)).result()
        pool.submit(made[1].close).result()
        assert not recording(x)
    assert recording(x)


def test_a_generator_is_entered_in_another_thread_and_closed_here():
    x = leaf(3.0)
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(suspended, agrad.no_grad(), leaf(2.0)).result()
        assert recording(x)
        assert not pool.submit(recording, leaf(2.0)).result()
        with agrad.no_grad():
            made.close()
            assert not recording(x)
        assert recording(x)
        assert pool.submit(recording, leaf(2.0)).result()


def test_a_dropped_generator_leaves_its_block():
    x = leaf(3.0)
    made = suspended(agrad.no_grad(), x)
    assert not recording(x)
    del made
    assert recording(x)


def test_one_object_in_several_threads():
    off, n = agrad.no_grad(), 8
    together = threading.Barrier(n)

    def work(i):
        x, found = leaf(float(i)), []
        for k in range(20):
            together.wait(10)
            with off:
                if k % 2 == i % 2:
                    together.wait(10)
                found.append(recording(x))
                with off:
                    found.append(recording(x))
                found.append(recording(x))
                if k % 2 != i % 2:
                    together.wait(10)
            found.append(not recording(x))
        return found

    with ThreadPoolExecutor(n) as pool:
        assert not any(itertools.chain(*pool.map(work, range(n))))
    assert off._entered == []


def test_left_more_often_than_entered():
    off = agrad.no_grad()
    with pytest.raises(agrad.GraphError, match="no_grad block was left more often"):
        off.__exit__(None, None, None)
    with off:
        pass
    with pytest.raises(agrad.GraphError):
        off.__exit__(None, None, None)


def test_interleaved_blocks_do_not_pile_up():
    from agrad.interpret.levels import _blocks

    def inside():
        with agrad.no_grad():
            yield

    last = inside()
    next(last)
    for _ in range(100):
        made = inside()
        next(made)
        last.close()
        last = made
        assert len(_blocks.get()) <= 2
    last.close()


def test_new_threads_see_nothing_and_tasks_inherit():
    x = leaf(3.0)

    async def task():
        return (x * 2).requires_grad

    async def main():
        with agrad.no_grad():
            child = asyncio.create_task(task())
            inside = await child
            later = asyncio.create_task(task())
        return inside, await later

    assert asyncio.run(main()) == (False, True), "a task runs on after the block that it was started in is left"
    with agrad.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(recording, leaf(2.0)).result()


def test_tasks_do_not_see_each_others_blocks():
    x = leaf(3.0)

    async def off():
        for _ in range(3):
            with agrad.no_grad():
                await asyncio.sleep(0)
                assert not (x * 2).requires_grad

    async def on():
        for _ in range(6):
            assert (x * 2).requires_grad
            await asyncio.sleep(0)

    async def main():
        await asyncio.gather(off(), on(), off())

    asyncio.run(main())


def test_inside_a_transform_generators_may_leave_in_any_order():
    def f(x):
        first, second = suspended_off(), suspended_off()
        next(first), next(second)
        a = x * x
        first.close()
        b = x * x
        second.close()
        return x * x + 10 * a + 100 * b

    def suspended_off():
        with agrad.no_grad():
            yield

    assert agrad.grad(f)(3.0) == 6.0
    assert agrad.jvp(f, (3.0,), (1.0,))[1] == 6.0


# Decorators -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decorate", [agrad.no_grad(), agrad.no_grad], ids=["called", "bare"])
def test_each_step_of_a_generator_is_a_block(decorate):
    x = leaf(3.0)

    @decorate
    def steps(first, *, second):
        """Doc."""
        got = yield first, recording(x)
        try:
            yield got, recording(x)
        except KeyError as error:
            yield str(error), recording(x)
        try:
            yield second, recording(x)
        finally:
            closed.append(recording(x))
        return "done"

    closed = []
    assert (steps.__name__, steps.__doc__) == ("steps", "Doc.")
    assert inspect.isgeneratorfunction(steps)
    made = steps(1, second=2)
    found = [next(made)]
    assert recording(x)
    found.append(made.send("sent"))
    assert recording(x)
    found.append(made.throw(KeyError("thrown")))
    assert recording(x)
    found.append(next(made))
    assert recording(x)
    assert found == [(1, False), ("sent", False), ("'thrown'", False), (2, False)]
    made.close()
    assert closed == [False]
    made = steps(1, second=2)
    with pytest.raises(StopIteration) as stopped:
        for _ in range(5):
            next(made)
    assert stopped.value.value == "done"
    made = steps(1, second=2)
    next(made)
    with pytest.raises(ZeroDivisionError):
        made.throw(ZeroDivisionError)
    assert recording(x)


def test_enable_grad_on_a_generator():
    x = leaf(3.0)

    @agrad.enable_grad()
    def steps():
        yield recording(x)
        yield recording(x)

    with agrad.no_grad():
        made = steps()
        for _ in range(2):
            assert next(made)
            assert not recording(x)


@pytest.mark.parametrize("decorate", [agrad.no_grad(), agrad.no_grad], ids=["called", "bare"])
def test_each_step_of_a_coroutine_is_a_block(decorate):
    x = leaf(3.0)

    @decorate
    async def work(n):
        found = []
        for _ in range(n):
            found.append(recording(x))
            await asyncio.sleep(0)
        try:
            await failing()
        except KeyError:
            found.append(recording(x))
        return found

    async def failing():
        await asyncio.sleep(0)
        raise KeyError

    assert inspect.iscoroutinefunction(work)
    assert asyncio.run(work(3)) == [False] * 4
    made = work(3)
    made.send(None)
    assert recording(x), "suspended, driven by hand"
    made.close()

    async def main():
        return await asyncio.gather(work(2), watch(), work(2))

    async def watch():
        return [recording(x) for _ in range(3) if not await asyncio.sleep(0)]

    assert asyncio.run(main()) == [[False] * 3, [True] * 3, [False] * 3]


def test_a_cancelled_coroutine_cleans_up_inside():
    x, found = leaf(3.0), []

    @agrad.no_grad()
    async def work():
        try:
            await asyncio.sleep(100)
        finally:
            found.append(recording(x))

    async def main():
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        found.append(recording(x))

    asyncio.run(main())
    assert found == [False, True]


def test_each_step_of_an_asynchronous_generator_is_a_block():
    x, closed = leaf(3.0), []

    @agrad.no_grad()
    async def steps(n):
        got = None
        try:
            for _ in range(n):
                await asyncio.sleep(0)
                try:
                    got = yield got, recording(x)
                except KeyError:
                    got = "thrown"
        finally:
            closed.append(recording(x))

    async def main():
        made = steps(4)
        found = [await made.__anext__(), recording(x), await made.asend("sent"), recording(x)]
        found += [await made.athrow(KeyError()), recording(x)]
        await made.aclose()
        found += [recording(x)]
        return found, [pair async for pair in steps(2)]

    assert inspect.isasyncgenfunction(steps)
    off = [(None, False), ("sent", False), ("thrown", False)]
    assert asyncio.run(main()) == ([off[0], True, off[1], True, off[2], True, True], [(None, False)] * 2)
    assert closed == [False, False]


def test_bare_decorators():
    @agrad.no_grad
    def constant(x, *, scale=2.0):
        """Doc."""
        return x * scale, followed(x)

    @agrad.enable_grad
    def followed(x):
        return recording(x)

    class Model:
        def __init__(self, x):
            self.x = x

        @agrad.no_grad
        def predict(self):
            return self.x * 2

    x = leaf(3.0)
    y, inside = constant(x, scale=3.0)
    assert (constant.__name__, constant.__doc__) == ("constant", "Doc.")
    assert (y.item(), y.requires_grad, inside) == (9.0, False, True)
    assert not Model(x).predict().requires_grad
    assert recording(x)


@pytest.mark.parametrize("decorate", [agrad.no_grad, agrad.no_grad(), agrad.enable_grad])
def test_what_is_no_function_cannot_be_decorated(decorate):
    with pytest.raises(TypeError, match=r"grad decorates a function; it got a float"):
        decorate(3.0)


# What it acts on --------------------------------------------------------------------------------------


def test_only_levels_that_differentiate_are_switched_off():
    class Counting(Trace):
        __slots__ = ()
        differentiates = False

    counting, following = Counting(), Trace()
    with agrad.no_grad():
        assert (enabled(counting), enabled(following)) == (True, False)
        with agrad.enable_grad():
            assert (enabled(counting), enabled(following)) == (True, True)
    assert (enabled(counting), enabled(following)) == (True, True)


def test_transforms_are_right_while_another_thread_is_in_no_grad():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with agrad.no_grad():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    try:
        assert entered.wait(10)
        np.testing.assert_allclose(agrad.grad(lambda x: xp.sum(x**3))(np.ones(2)), [3.0, 3.0])
    finally:
        leave.set()
        thread.join()
