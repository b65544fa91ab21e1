using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using Iggy.Gateway.Metrics;
using Iggy.Grains.Interfaces.Hosting;
using Iggy.Ui.Circuits;

namespace Iggy.Ui.Figures;

/// <summary>The server's rates of the last minutes, for all who look at them together. Nothing is measured while nobody looks.</summary>
internal sealed class ServerRates(Backend backend) : IDisposable
{
    /// <summary>Samples that are kept.</summary>
    public const int Most = 300;

    private const int RestFactor = 20; // a look at very many topics takes a while
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly LatencyBuckets _latency = new();
    private long _requests, _errors, _received, _sent;
    private int _watchers;
    private CancellationTokenSource? _looking;

    /// <summary>Raised when there is another sample.</summary>
    public event Action? Sampled;

    /// <summary>The samples, oldest first.</summary>
    public ImmutableQueue<RateSample> Samples { get; private set; } = [];

    /// <summary>What the last look found.</summary>
    public ServerFigures.Figures? Latest { get; private set; }

    /// <summary>Looks for as long as the answer is not disposed.</summary>
    public IDisposable Watch()
    {
        lock (_lock)
        {
            if (_watchers++ == 0)
            {
                _looking = new CancellationTokenSource();
                _ = LookAsync(_looking.Token);
            }
        }
        return new Watcher(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _looking?.Cancel();
            _looking?.Dispose();
            _looking = null;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (--_watchers > 0)
                return;
            _looking?.Cancel();
            _looking?.Dispose();
            _looking = null;
        }
    }

    private async Task LookAsync(CancellationToken ended)
    {
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == MeterNames.Gateway && instrument.Name is "iggy.request.duration" or "iggy.request.errors" or "iggy.received" or "iggy.sent")
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            Interlocked.Increment(ref _requests);
            _latency.Add(seconds);
        });
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => Interlocked.Add(ref CounterOf(instrument.Name), value));
        listener.Start();
        try
        {
            (Samples, var count) = ([], 0);
            TakeCounts();
            var (before, written) = (backend.Clock.GetTimestamp(), (ulong?)null);
            while (true)
            {
                var started = backend.Clock.GetTimestamp();
                await LookOnceAsync(); // the first look is soon there; rates need a second
                var rest = backend.Clock.GetElapsedTime(started) * RestFactor;
                await Task.Delay(rest > _every ? rest : _every, backend.Clock, ended);
            }

            async Task LookOnceAsync()
            {
                try
                {
                    var figures = await backend.Figures.LookAsync();
                    var seconds = Math.Max(backend.Clock.GetElapsedTime(before).TotalSeconds, 0.001);
                    before = backend.Clock.GetTimestamp();
                    var (requests, errors, received, sent, latency) = TakeCounts();
                    if (written is { } then)
                    {
                        var sample = new RateSample(
                            (backend.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds, requests / seconds, errors / seconds, received / seconds, sent / seconds,
                            LatencyBuckets.Quantile(latency, 0.5), LatencyBuckets.Quantile(latency, 0.99), backend.Sessions.Count, figures.Host.ProcessCpuPercent, figures.Host.MemoryBytes,
                            figures.Host.WrittenBytes > then ? (figures.Host.WrittenBytes - then) / seconds : 0);
                        Samples = count++ < Most ? Samples.Enqueue(sample) : Samples.Dequeue().Enqueue(sample);
                    }
                    (written, Latest) = (figures.Host.WrittenBytes, figures);
                    Sampled?.Invoke();
                }
                catch (Exception failed) when (Refusals.IsForeseen(failed))
                {
                    // The server is busy or stops; the chart has a gap.
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    private (long Requests, long Errors, long Received, long Sent, long[] Latency) TakeCounts() => (
        Interlocked.Exchange(ref _requests, 0), Interlocked.Exchange(ref _errors, 0), Interlocked.Exchange(ref _received, 0), Interlocked.Exchange(ref _sent, 0), _latency.Take());

    private ref long CounterOf(string instrument)
    {
        if (instrument == "iggy.received")
            return ref _received;
        if (instrument == "iggy.sent")
            return ref _sent;
        return ref _errors;
    }

    private sealed class Watcher(ServerRates rates) : IDisposable
    {
        private bool _isGone;

        public void Dispose()
        {
            if (!Interlocked.Exchange(ref _isGone, true))
                rates.Leave();
        }
    }
}
