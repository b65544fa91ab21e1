using System.Reflection;
using Iggy.Gateway.Routing;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Partitions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Those who wait for messages of one partition share one call into it.</summary>
public sealed class PartitionArrivalsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly WaitedPartition _partition = WaitedPartition.New();

    [Fact]
    public async Task Wait_OfMany_IsOneCallAndEndsWithTheMessageEachWaitsFor()
    {
        var arrivals = new PartitionArrivals(_clock);
        var waits = Enumerable.Range(0, 1000).Select(i => WaitAsync(arrivals, (ulong)(5 + (i % 2)))).ToArray();
        Assert.Equal((0UL, TimeSpan.Zero), Assert.Single(_partition.Asked)); // where does it stand
        _partition.Answer(5);
        await _partition.IsAskedAsync(2);
        Assert.Equal(5UL, _partition.Asked[1].Offset);
        Assert.DoesNotContain(waits, static wait => wait.IsCompleted);
        _partition.Answer(6);
        await Task.WhenAll(waits.Where(static (_, i) => i % 2 == 0));
        Assert.Equal(new MessageWait(Refusal.None, 6), await waits[0]);
        await _partition.IsAskedAsync(3);
        Assert.DoesNotContain(waits.Where(static (_, i) => i % 2 == 1), static wait => wait.IsCompleted);
        _partition.Answer(7);
        await Task.WhenAll(waits);
        while (arrivals.Count > 0) // nobody waits any more: the last call has its own limit
        {
            _clock.Advance(TimeSpan.FromSeconds(15));
            _partition.TryAnswer(7);
            await Task.Yield();
        }
    }

    [Fact]
    public async Task Wait_WithoutAMessage_EndsWithItsTimeOrWithItsClient()
    {
        var arrivals = new PartitionArrivals(_clock);
        using var client = new CancellationTokenSource();
        var (timed, cancelled) = (WaitAsync(arrivals, 5, seconds: 3), WaitUntilAsync(arrivals, 5, seconds: 30, client.Token));
        _partition.Answer(5);
        await _partition.IsAskedAsync(2);
        client.Cancel();
        Assert.Equal(5UL, (await cancelled).NextOffset);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(5UL, (await timed).NextOffset);
        _clock.Advance(TimeSpan.FromSeconds(12));
        _partition.Answer(5); // the call has its own limit
        await GoneAsync(arrivals);
        Assert.Equal(2, _partition.Asked.Count);
    }

    [Fact]
    public async Task Wait_OfAPartitionThatStopsFailsOrIsGone_EndsForAll()
    {
        var arrivals = new PartitionArrivals(_clock);
        var waits = new[] { WaitAsync(arrivals, 5), WaitAsync(arrivals, 6) };
        _partition.Answer(5);
        await _partition.IsAskedAsync(2);
        _partition.Answer(5); // at once and with nothing new
        Assert.All(await Task.WhenAll(waits), static wait => Assert.Equal(5UL, wait.NextOffset));
        await GoneAsync(arrivals);

        waits = [WaitAsync(arrivals, 5), WaitAsync(arrivals, 6)];
        _partition.Fail(new TimeoutException());
        foreach (var wait in waits)
            await Assert.ThrowsAsync<TimeoutException>(() => wait);
        await GoneAsync(arrivals);

        var gone = WaitAsync(arrivals, 5);
        await _partition.IsAskedAsync(4);
        _partition.Answer(0, Refusal.PartitionNotFound);
        Assert.Equal(Refusal.PartitionNotFound, (await gone).Refusal);
        await GoneAsync(arrivals);
    }

    [Fact]
    public async Task Look_BesideAWait_TellsItWhereThePartitionStands()
    {
        var arrivals = new PartitionArrivals(_clock);
        var wait = WaitAsync(arrivals, 5);
        _partition.Answer(3);
        await _partition.IsAskedAsync(2);
        var look = WaitAsync(arrivals, 0, seconds: 0);
        await _partition.IsAskedAsync(3);
        _partition.Answer(6);
        Assert.Equal(6UL, (await look).NextOffset);
        Assert.Equal(6UL, (await wait).NextOffset);
    }

    private Task<MessageWait> WaitAsync(PartitionArrivals arrivals, ulong offset, int seconds = 30) => WaitUntilAsync(arrivals, offset, seconds, CancellationToken.None);

    private Task<MessageWait> WaitUntilAsync(PartitionArrivals arrivals, ulong offset, int seconds, CancellationToken ended) =>
        arrivals.WaitAsync(_partition.Grain, offset, TimeSpan.FromSeconds(seconds), ended).AsTask();

    private static async Task GoneAsync(PartitionArrivals arrivals)
    {
        while (arrivals.Count > 0) // just behind the answer
            await Task.Yield();
    }

    /// <summary>A partition that answers waits when the test says, the newest first.</summary>
    public class WaitedPartition : DispatchProxy
    {
        private readonly ScriptedCalls<(ulong Offset, TimeSpan Limit)> _calls = new();
        private TaskCompletionSource<MessageWait> _call = new();

        public IPartitionGrain Grain => (IPartitionGrain)(object)this;

        public List<(ulong Offset, TimeSpan Limit)> Asked => _calls.Asked;

        public static WaitedPartition New() => (WaitedPartition)(object)Create<IPartitionGrain, WaitedPartition>();

        public void Answer(ulong nextOffset, Refusal refusal = Refusal.None) => _call.SetResult(new MessageWait(refusal, nextOffset));

        public void TryAnswer(ulong nextOffset) => _call.TrySetResult(new MessageWait(Refusal.None, nextOffset));

        public void Fail(Exception failure) => _call.SetException(failure);

        public Task IsAskedAsync(int times) => _calls.ReachAsync(times);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod?.Name != nameof(IPartitionGrain.WaitForMessageAsync))
                throw new NotSupportedException($"{targetMethod} is not scripted.");
            var call = new TaskCompletionSource<MessageWait>(TaskCreationOptions.RunContinuationsAsynchronously);
            _calls.Add(((ulong)args![0]!, (TimeSpan)args[1]!), () => _call = call);
            return new ValueTask<MessageWait>(call.Task);
        }
    }
}
