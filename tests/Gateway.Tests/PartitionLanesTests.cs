using System.Collections.Immutable;
using System.Reflection;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;

namespace Iggy.Gateway.Tests;

/// <summary>The order of sends of one connection, which calls to a grain do not keep by themselves.</summary>
public sealed class PartitionLanesTests
{
    [Fact]
    public async Task Append_WhileACallIsUnderWay_WaitsAndGoesTogetherInItsOrder()
    {
        var (lanes, partition, other) = (new PartitionLanes(), ScriptedPartition.New(), ScriptedPartition.New());
        var first = lanes.AppendAsync(partition.Route, Batch(1)).AsTask();
        var later = new uint[] { 2, 3, 4 }.Select(count => lanes.AppendAsync(partition.Route, Batch(count)).AsTask()).ToArray();
        var elsewhere = lanes.AppendAsync(other.Route, Batch(9)).AsTask();
        Assert.Equal((1, 2), (partition.Asked.Count, lanes.Count)); // one call, whatever waits
        other.Answer(90);
        Assert.Equal(90ul, (await elsewhere).BaseOffset); // another partition holds nobody up

        partition.Answer(10);
        Assert.Equal(10ul, (await first).BaseOffset);
        await partition.IsAskedAsync(2);
        Assert.Equal([1u], partition.Asked[0]);
        Assert.Equal([2u, 3u, 4u], partition.Asked[1]);
        var last = lanes.AppendAsync(partition.Route, Batch(5)).AsTask();
        partition.Answer(20, 30, 40);
        Assert.Equal([20ul, 30ul, 40ul], (await Task.WhenAll(later)).Select(static result => result.BaseOffset));
        await partition.IsAskedAsync(3);
        partition.Answer(50);
        await last;
        await EmptyAsync(lanes);
    }

    [Fact]
    public async Task Append_WhoseCallFails_IsToldSoAndTheNextGoesOn()
    {
        var (lanes, partition) = (new PartitionLanes(), ScriptedPartition.New());
        var first = lanes.AppendAsync(partition.Route, Batch(1)).AsTask();
        var second = lanes.AppendAsync(partition.Route, Batch(2)).AsTask();
        partition.Fail(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => first);
        await partition.IsAskedAsync(2);
        var third = lanes.AppendAsync(partition.Route, Batch(3)).AsTask();
        partition.Fail(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => second);
        await partition.IsAskedAsync(3);
        partition.Answer(7);
        Assert.Equal(7ul, (await third).BaseOffset);
        await EmptyAsync(lanes);
    }

    [Fact]
    public async Task Append_ToAPartitionElsewhere_GoesOneByOneInItsOrder()
    {
        var (lanes, partition) = (new PartitionLanes(), ScriptedPartition.New());
        var appends = new uint[] { 1, 2, 3 }.Select(count => lanes.AppendAsync(partition.FarRoute, Batch(count)).AsTask()).ToArray();
        for (var call = 1; call <= 3; call++)
        {
            await partition.IsAskedAsync(call);
            Assert.Equal([(uint)call], partition.Asked[^1]);
            Assert.Equal(call, partition.Asked.Count); // together they could be more than a call between servers bears
            partition.Answer((ulong)call);
            Assert.Equal((ulong)call, (await appends[call - 1]).BaseOffset);
        }
        await EmptyAsync(lanes);
    }

    [Fact]
    public async Task Append_ToAPartitionElsewhereWhoseCallFails_FailsOnlyItself()
    {
        var (lanes, partition) = (new PartitionLanes(), ScriptedPartition.New());
        var appends = new uint[] { 1, 2, 3 }.Select(count => lanes.AppendAsync(partition.FarRoute, Batch(count)).AsTask()).ToArray();
        partition.Answer(1);
        await appends[0];
        await partition.IsAskedAsync(2);
        partition.Fail(new TimeoutException());
        await Assert.ThrowsAsync<TimeoutException>(() => appends[1]);
        await partition.IsAskedAsync(3);
        partition.Answer(3);
        Assert.Equal(3ul, (await appends[2]).BaseOffset);
        await EmptyAsync(lanes);
    }

    private static async Task EmptyAsync(PartitionLanes lanes)
    {
        while (lanes.Count > 0) // the lane ends just behind the answer
            await Task.Yield();
    }

    private static MessageBatch Batch(uint count) => new(MessageLayout.Compact, default, count);

    /// <summary>A partition that answers appends when the test says.</summary>
    public class ScriptedPartition : DispatchProxy
    {
        private readonly ScriptedCalls<uint[]> _calls = new();
        private TaskCompletionSource<ImmutableArray<AppendResult>> _call = new();

        internal RoutedPartition Route => new((IPartitionGrain)(object)this, IsElsewhere: false);

        internal RoutedPartition FarRoute => Route with { IsElsewhere = true };

        public List<uint[]> Asked => _calls.Asked;

        public static ScriptedPartition New() => (ScriptedPartition)(object)Create<IPartitionGrain, ScriptedPartition>();

        public void Answer(params ulong[] offsets) => _call.SetResult([.. offsets.Select(static offset => new AppendResult(Refusal.None, offset))]);

        public void Fail(Exception failure) => _call.SetException(failure);

        public Task IsAskedAsync(int times) => _calls.ReachAsync(times);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            ImmutableArray<MessageBatch> batches = args![0] is MessageBatch one ? [one] : (ImmutableArray<MessageBatch>)args[0]!;
            var call = new TaskCompletionSource<ImmutableArray<AppendResult>>();
            _calls.Add([.. batches.Select(static batch => batch.Count)], () => _call = call);
            return targetMethod?.Name switch
            {
                nameof(IPartitionGrain.AppendAsync) => new ValueTask<AppendResult>(FirstAsync(call.Task)),
                nameof(IPartitionGrain.AppendManyAsync) => new ValueTask<ImmutableArray<AppendResult>>(call.Task),
                _ => throw new NotSupportedException($"{targetMethod} is not scripted."),
            };
        }

        private static async Task<AppendResult> FirstAsync(Task<ImmutableArray<AppendResult>> call) => (await call)[0];
    }
}
