using System.Collections.Concurrent;
using Iggy.Gateway.Limits;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>How a listener ends what it serves.</summary>
public sealed class OpenConnectionsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Failures _log = new();
    private readonly OpenConnections<TaskCompletionSource> _connections;

    public OpenConnectionsTests() => _connections = new(_clock, _log);

    [Fact]
    public async Task Drain_AllEndWhenTold_CutsNobody()
    {
        for (var i = 0; i < 3; i++)
            _connections.Serve(new(), static one => one.Task);
        var cut = 0;
        Assert.Equal(0, await _connections.DrainAsync(static one => one.SetResult(), _ => cut++, CancellationToken.None));
        Assert.Equal(0, cut);
    }

    [Fact]
    public async Task Serve_Fails_IsToldAndHoldsUpNobody()
    {
        _connections.Serve(new(), static _ => throw new InvalidOperationException("broken by a test"));
        var failing = new TaskCompletionSource();
        _connections.Serve(failing, static one => one.Task);
        failing.SetException(new IOException("broken by a test"));
        Assert.Equal(0, await _connections.DrainAsync(static _ => { }, static _ => { }, CancellationToken.None));
        Assert.Equal([3008, 3008], _log.Ids);
    }

    // Goal: one that does not end costs moments and not the whole time of the stop.
    [Fact]
    public async Task Drain_OneDoesNotEnd_IsCutAfterMoments()
    {
        var (good, deaf) = (new TaskCompletionSource(), new TaskCompletionSource());
        _connections.Serve(good, static one => one.Task);
        _connections.Serve(deaf, static one => one.Task);
        var cut = new List<TaskCompletionSource>();
        var draining = _connections.DrainAsync(one => (one == good ? one : new()).SetResult(), one =>
        {
            cut.Add(one);
            one.TrySetResult(); // the good one may be at its end just now
        }, CancellationToken.None);
        Assert.False(draining.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.False(draining.IsCompleted);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(cut.Count, await draining);
        Assert.Contains(deaf, cut);
    }

    [Fact]
    public async Task Drain_OneIsNotEvenCut_DoesNotWaitForIt()
    {
        _connections.Serve(new(), static one => one.Task);
        var wasCut = new TaskCompletionSource();
        var draining = _connections.DrainAsync(static _ => { }, _ => wasCut.SetResult(), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(3));
        await wasCut.Task;
        while (!draining.IsCompleted)
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, await draining);
    }

    /// <summary>What was logged.</summary>
    private sealed class Failures : ILogger
    {
        public ConcurrentQueue<int> Ids { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Ids.Enqueue(eventId.Id);
    }
}
