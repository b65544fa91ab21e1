using System.IO.Pipelines;
using Iggy.Gateway.Limits;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>The answer of a call: counts its bytes, and ends the call when the client does not take them.</summary>
/// <param name="inner">The transport's.</param>
/// <param name="patience">As <see cref="FrameLimits.StallTimeout"/>; 0 for ever.</param>
/// <param name="cut">Ends the call.</param>
/// <param name="clock">For the limit.</param>
internal sealed class WatchedWriter(IHttpResponseBodyFeature inner, TimeSpan patience, Action cut, TimeProvider clock) : PipeWriter, IHttpResponseBodyFeature, IDisposable
{
    private readonly PipeWriter _writer = inner.Writer;
    private ITimer? _timer;
    private long _written;

    public Stream Stream => inner.Stream;

    PipeWriter IHttpResponseBodyFeature.Writer => this;

    /// <summary>All that was written.</summary>
    public long SentBytes { get; private set; }

    public override bool CanGetUnflushedBytes => _writer.CanGetUnflushedBytes;

    public override long UnflushedBytes => _writer.UnflushedBytes;

    public override void Advance(int bytes)
    {
        _written += bytes;
        _writer.Advance(bytes);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _writer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _writer.GetSpan(sizeHint);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => Watch(_writer.FlushAsync(cancellationToken), 0);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        Watch(_writer.WriteAsync(source, cancellationToken), source.Length);

    public override void CancelPendingFlush() => _writer.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => _writer.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => _writer.CompleteAsync(exception);

    void IHttpResponseBodyFeature.DisableBuffering() => inner.DisableBuffering();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => inner.StartAsync(cancellationToken);

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken) => inner.SendFileAsync(path, offset, count, cancellationToken);

    Task IHttpResponseBodyFeature.CompleteAsync() => inner.CompleteAsync();

    /// <summary>Waits until the client has taken an answer that the framework has written and not sent: it leaves that to the end of the request, which nobody watches. A small
    /// one goes out with what follows it.</summary>
    public async ValueTask FinishAsync()
    {
        if (_written > ReplyMemory.SmallBytes)
            await FlushAsync();
    }

    /// <summary>The call is over.</summary>
    public void Dispose() => _timer?.Dispose();

    private ValueTask<FlushResult> Watch(ValueTask<FlushResult> flush, int more)
    {
        var bytes = _written + more;
        _written = 0;
        SentBytes += bytes;
        return flush.IsCompleted || patience <= TimeSpan.Zero ? flush : WatchAsync(flush, bytes);
    }

    private async ValueTask<FlushResult> WatchAsync(ValueTask<FlushResult> flush, long bytes)
    {
        _timer ??= clock.CreateTimer(static cut => ((Action)cut!)(), cut, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(patience + TimeSpan.FromSeconds((double)bytes / FrameLimits.SlowestBytesPerSecond), Timeout.InfiniteTimeSpan);
        try
        {
            return await flush;
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
