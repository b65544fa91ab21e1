using Iggy.Gateway.Limits;
using Iggy.Gateway.Wire.Quic;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>Streams whose client does not go on. The clock moves by hand.</summary>
public sealed class StallGuardTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ScriptedStream _stream = new();
    private readonly StallGuard _guard;
    private bool _isStalled;

    public StallGuardTests() => _guard = new StallGuard(_stream, TimeSpan.FromSeconds(30), _clock, () => _isStalled = true);

    public ValueTask DisposeAsync() => _guard.DisposeAsync();

    [Fact]
    public async Task Receive_NothingComes_IsStalledAfterTheLimit()
    {
        var receiving = _guard.ReceiveAsync(new byte[10]).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(_isStalled);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.True(_isStalled);
        _stream.ClientLeaves();
        Assert.Equal(0, await receiving);
    }

    // Goal: a byte now and then is no progress; the slowest line that is worth serving is served, however long it takes.
    [Theory]
    [InlineData(1, true)]
    [InlineData(FrameLimits.SlowestBytesPerSecond + 1000, false)]
    public async Task Receive_BytesComeSlowly_IsStalledBelowTheSlowestRate(int bytesPerSecond, bool isStalled)
    {
        var buffer = new byte[bytesPerSecond];
        for (var second = 0; second < 29; second++)
            await PassAsync();
        Assert.False(_isStalled);
        for (var second = 0; second < 100 && !_isStalled; second++)
            await PassAsync();
        Assert.Equal(isStalled, _isStalled);

        async Task PassAsync()
        {
            var receiving = _guard.ReceiveAsync(buffer).AsTask();
            _clock.Advance(TimeSpan.FromSeconds(1));
            _stream.Client(new byte[bytesPerSecond]);
            Assert.Equal(bytesPerSecond, await receiving);
        }
    }
}
