using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using Iggy.Primitives;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Connections.Vsr;

/// <summary>A connection of the newer dialect that looks like one of the classic dialect: whole classic frames are written to it, and classic replies
/// are read from it, in the order of the requests.</summary>
/// <remarks>The two dialects have the same commands in the same order, so one frame becomes one frame, and all above need not know which is spoken.
/// Messages are written anew both ways: one copy and one checksum more for each. One writer and one reader, as for any connection. A login draws a new
/// client id; what is written after it waits for its reply.</remarks>
/// <param name="inner">What carries the frames.</param>
/// <param name="maxReplyBytes">A reply that announces more is an error.</param>
/// <param name="isEachFrameApart">Whether every frame is a write of its own: on a WebSocket this dialect wants one message for each.</param>
internal sealed class VsrStream(Stream inner, int maxReplyBytes, bool isEachFrameApart = false) : Stream
{
    private readonly ConcurrentQueue<CommandCode> _asked = new(); // as many as the connection has under way
    private readonly PooledBuffer _reply = new();
    private readonly byte[] _head = new byte[ReplyHeader.SizeInBytes];
    private int _taken; // of the reply
    private Identity _identity = Identity.New();
    private Identity _before = Identity.New(); // of the login under way: who refuses it leaves the old session as it is
    private TaskCompletionSource? _login;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Sends classic frames, which must be whole.</summary>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var output = new PooledBuffer();
        while (!buffer.IsEmpty)
        {
            var head = RequestHead.Read(buffer.Span);
            var payload = buffer.Slice(RequestHead.SizeInBytes, (int)head.PayloadBytes);
            buffer = buffer[(RequestHead.SizeInBytes + payload.Length)..];

            if (_login is { } login)
                await login.Task.WaitAsync(cancellationToken); // the session that its reply brings goes into every later header
            Encode(output, head.Code, payload);
            if (buffer.IsEmpty || isEachFrameApart || head.Code.IsLogin() || output.Length > 64 * 1024)
            {
                await inner.WriteAsync(output.Written, cancellationToken);
                output.Clear();
            }
        }
    }

    /// <summary>Reads bytes of classic replies.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_taken == _reply.Length)
        {
            if (!await ReceiveAsync(cancellationToken))
                return 0;
        }
        var bytes = Math.Min(buffer.Length, _reply.Length - _taken);
        _reply.Written.Slice(_taken, bytes).CopyTo(buffer);
        _taken += bytes;
        return bytes;
    }

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        _login?.TrySetCanceled();
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _login?.TrySetCanceled(); // who waits to write finds the connection gone
            inner.Dispose();
            _reply.Dispose();
        }
        base.Dispose(disposing);
    }

    private void Encode(PooledBuffer output, CommandCode code, ReadOnlyMemory<byte> payload)
    {
        var start = output.Length;
        output.GetSpan(RequestHeader.SizeInBytes)[..RequestHeader.SizeInBytes].Clear();
        output.Advance(RequestHeader.SizeInBytes);
        VsrRequests.WriteBody(new WireWriter(output), code, payload);

        var operation = code.IsLogin() ? Operation.Register : Operations.Of(code);
        if (operation is Operation.Register)
        {
            (_before, _identity) = (_identity, Identity.New());
            _login = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        var isNumbered = operation is Operation.Logout || operation.IsMetadata();
        var frame = output.WrittenSpan[start..];
        new RequestHeader(
            (uint)frame.Length, FrameCommand.Request, _identity.Client, RequestChecksum: isNumbered ? Hashes.Xxh3(frame[RequestHeader.SizeInBytes..]) : 0, Timestamp: 0,
            operation is Operation.Register ? 0 : _identity.Request, operation, _identity.Session, operation is Operation.NonReplicated ? code : CommandCode.None).Write(frame);
        if (isNumbered)
            _identity = _identity with { Request = _identity.Request + 1 };
        _asked.Enqueue(code); // before the first byte leaves, or the reply could be faster
    }

    // False when the server closed the connection between two frames.
    private async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        var received = await inner.ReadAtLeastAsync(_head, _head.Length, throwOnEndOfStream: false, cancellationToken);
        if (received == 0)
            return false;
        if (received < _head.Length)
            throw new EndOfStreamException("The server closed the connection inside the head of a reply.");
        var bytes = BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(48));
        if (bytes < ReplyHeader.SizeInBytes || bytes > (uint)maxReplyBytes)
            throw new InvalidDataException($"A reply of {bytes} bytes; allowed: {ReplyHeader.SizeInBytes} to {maxReplyBytes} (MaxReplyBytes).");

        var body = ArrayPool<byte>.Shared.Rent((int)bytes - ReplyHeader.SizeInBytes);
        try
        {
            var payload = body.AsMemory(0, (int)bytes - ReplyHeader.SizeInBytes);
            await inner.ReadExactlyAsync(payload, cancellationToken);
            Decode(payload.Span);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
        return true;
    }

    private void Decode(ReadOnlySpan<byte> body)
    {
        _reply.Clear();
        _taken = 0;
        if (!_asked.TryDequeue(out var code))
            throw new InvalidDataException("A reply came that nobody had asked for.");

        _reply.GetSpan(ReplyHead.SizeInBytes);
        _reply.Advance(ReplyHead.SizeInBytes);
        var error = ReplyHeader.CommandOf(_head) switch
        {
            FrameCommand.Eviction => Eviction.Read(_head).ToError(),
            FrameCommand.Reply => Decode(ReplyHeader.Read(_head), code, body),
            var other => throw new InvalidDataException($"A frame of kind {(byte)other}, which no server sends."),
        };
        if (code.IsLogin())
        {
            if (error is not IggyError.None)
                _identity = _before;
            _login?.TrySetResult();
        }
        ReplyHead.Write(_reply.WrittenSpan, error, error is IggyError.None ? (uint)(_reply.Length - ReplyHead.SizeInBytes) : 0);
    }

    private IggyError Decode(ReplyHeader header, CommandCode code, ReadOnlySpan<byte> body)
    {
        if (header.Status is not IggyError.None)
            return header.Status;
        var reader = new WireReader(body);
        if (header.Operation.IsFramed() && ResultSection.Read(ref reader) is var rejection and not IggyError.None)
            return rejection;
        if (code.IsLogin())
        {
            var login = RegisterReply.Read(ref reader);
            _identity = _identity with { Session = login.Session };
            new IdentityReply(login.UserId).Write(new WireWriter(_reply));
        }
        else
        {
            VsrReplies.WritePayload(new WireWriter(_reply), code, ref reader);
        }
        if (reader.Error is not IggyError.None)
            throw new InvalidDataException($"The reply to {code} can't be read: {reader.Error}.");
        return IggyError.None;
    }

    /// <summary>What every header says of the client.</summary>
    private readonly record struct Identity(UInt128 Client, ulong Session, ulong Request)
    {
        public static Identity New() => new(BinaryPrimitives.ReadUInt128LittleEndian(Guid.NewGuid().ToByteArray()), Session: 0, Request: 1);
    }
}
