using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Sessions;
using Iggy.Protocol;
using Microsoft.AspNetCore.Http.Features;

namespace Iggy.Gateway.Grpc.Calls;

/// <summary>The body of a call: a large message waits for its room before more of it is received than a connection may have anyway, and may not come slower than
/// the slowest line for long.</summary>
/// <remarks>The framework takes messages one by one and never reads into the next, so the head of each is seen here. What waits holds the transport's window and no more.</remarks>
/// <param name="inner">The transport's.</param>
/// <param name="session">Who calls.</param>
/// <param name="gates">The memory of large requests.</param>
/// <param name="mostBytes">A longer message is refused by its head.</param>
/// <param name="cut">Ends the call.</param>
/// <param name="clock">For the limit.</param>
internal sealed class GatedReader(PipeReader inner, Session session, RequestGates gates, int mostBytes, Action cut, TimeProvider clock) : PipeReader, IRequestBodyPipeFeature, IDisposable
{
    private const int SmallBytes = 64 * 1024; // as over every transport: up to here nobody waits

    private ITimer? _timer;
    private ReadOnlySequence<byte> _read;
    private long _left; // bytes of the present message that were not taken yet; 0 in front of the next
    private HeldRoom _inside, _done;

    PipeReader IRequestBodyPipeFeature.Reader => this;

    /// <summary>All that was taken.</summary>
    public long TakenBytes { get; private set; }

    /// <summary>The room of the message that was read last.</summary>
    public HeldRoom TakeRoom()
    {
        var room = _done;
        _done = default;
        return room;
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken);
        if (_left == 0)
        {
            while (result.Buffer.Length < GrpcFrame.HeadBytes && result is { IsCompleted: false, IsCanceled: false })
            {
                inner.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                result = await inner.ReadAsync(cancellationToken);
            }
            if (result.Buffer.Length >= GrpcFrame.HeadBytes)
                await BeginAsync(result.Buffer);
        }
        _read = result.Buffer;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        result = default;
        return false; // nobody asks in passing
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _read.Slice(0, consumed).Length;
        _read = default;
        inner.AdvanceTo(consumed, examined);
        if (taken == 0)
            return;
        TakenBytes += taken;
        _left = Math.Max(0, _left - taken);
        if (_left > 0)
            return;
        _timer?.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _done.Leave(); // nobody took that of the one before
        (_done, _inside) = (_inside, default);
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    /// <summary>The call is over.</summary>
    public void Dispose()
    {
        _timer?.Dispose();
        _inside.Leave();
        _done.Leave();
        (_inside, _done) = (default, default);
    }

    private async ValueTask BeginAsync(ReadOnlySequence<byte> buffer)
    {
        var length = ReadLength(buffer);
        _left = GrpcFrame.HeadBytes + length;
        if (length > mostBytes)
            throw GrpcErrors.Exception(IggyError.InvalidCommand, StatusCode.ResourceExhausted, $"A message of {length} bytes; allowed: {mostBytes}.");
        if (length <= SmallBytes)
            return;
        _inside = await gates.EnterAsync(session, length);
        if (gates.Grace <= TimeSpan.Zero || buffer.Length >= _left)
            return;
        _timer ??= clock.CreateTimer(static cut => ((Action)cut!)(), cut, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(gates.Grace + TimeSpan.FromSeconds((double)length / FrameLimits.SlowestBytesPerSecond), Timeout.InfiniteTimeSpan);
    }

    private static long ReadLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[GrpcFrame.HeadBytes];
        buffer.Slice(0, GrpcFrame.HeadBytes).CopyTo(head);
        return BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
    }
}
