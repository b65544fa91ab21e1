using System.Buffers;
using System.Buffers.Binary;
using Iggy.Client.Connections.Vsr;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Protocol.Vsr;

namespace Iggy.Client.Tests;

/// <summary>The layer that speaks the newer dialect: what goes out for a classic frame, and what comes in for every kind of answer.</summary>
public sealed class VsrStreamTests
{
    private const int MaxReplyBytes = 4096;

    private static readonly byte[] s_ping = Classic(CommandCode.Ping);
    private static readonly byte[] s_login = Classic(CommandCode.LoginUser, new LoginUserRequest("iggy", "iggy", "1", "t"));
    private static readonly byte[] s_change = Classic(CommandCode.DeleteStream, new DeleteStreamRequest(new("s")));

    [Fact]
    public async Task Requests_CarryClientSessionAndNumber()
    {
        var server = new Answers(Reply(Operation.NonReplicated, []), Login(session: 77), Reply(Operation.DeleteStream, new byte[4]), Reply(Operation.NonReplicated, []));
        await using var stream = new VsrStream(server, MaxReplyBytes);
        foreach (var request in new[] { s_ping, s_login, s_change, s_ping })
            Assert.Equal(0u, (await AskAsync(stream, request)).Status);

        var sent = server.Sent;
        Assert.Equal([(Operation.NonReplicated, 0ul, 1ul), (Operation.Register, 0ul, 0ul), (Operation.DeleteStream, 77ul, 1ul), (Operation.NonReplicated, 77ul, 2ul)],
            sent.Select(header => (header.Operation, header.Session, header.Request)));
        Assert.NotEqual(sent[0].Client, sent[1].Client); // a login draws a new one
        Assert.All(sent[1..], header => Assert.Equal(sent[1].Client, header.Client));
        Assert.NotEqual((UInt128)0, sent[2].RequestChecksum);
    }

    [Fact]
    public async Task RefusedLogin_LeavesTheSessionAsItWas()
    {
        var server = new Answers(Login(session: 5), Evicted(EvictionReason.InvalidCredentials), Reply(Operation.DeleteStream, new byte[4]));
        await using var stream = new VsrStream(server, MaxReplyBytes);
        await AskAsync(stream, s_login);
        Assert.Equal((uint)IggyError.InvalidCredentials, (await AskAsync(stream, s_login)).Status);
        await AskAsync(stream, s_change);
        Assert.Equal((5ul, server.Sent[0].Client), (server.Sent[2].Session, server.Sent[2].Client));
    }

    [Theory]
    [InlineData(EvictionReason.NoSession, IggyError.Unauthenticated)]
    [InlineData(EvictionReason.StaleClient, IggyError.StaleClient)]
    [InlineData(EvictionReason.SessionTooLow, IggyError.Unauthenticated)]
    public async Task Eviction_IsTheErrorOfTheRequest(EvictionReason reason, IggyError error)
    {
        await using var stream = new VsrStream(new Answers(Evicted(reason)), MaxReplyBytes);
        var (status, payload) = await AskAsync(stream, s_change);
        Assert.Equal(((uint)error, 0), (status, payload.Length));
    }

    [Fact]
    public async Task Rejection_AndStatus_AreTheErrorOfTheRequest()
    {
        byte[] rejection = [1, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes((uint)IggyError.StreamIdNotFound)];
        await using var stream = new VsrStream(new Answers(Reply(Operation.DeleteStream, rejection), Reply(Operation.DeleteStream, [], IggyError.Unauthorized)), MaxReplyBytes);
        Assert.Equal((uint)IggyError.StreamIdNotFound, (await AskAsync(stream, s_change)).Status);
        Assert.Equal((uint)IggyError.Unauthorized, (await AskAsync(stream, s_change)).Status);
    }

    [Fact]
    public async Task Reply_CutAtAnyByte_IsAnError()
    {
        var whole = Login(session: 1);
        for (var bytes = 1; bytes < whole.Length; bytes++)
        {
            await using var stream = new VsrStream(new Answers(whole[..bytes]), MaxReplyBytes);
            await stream.WriteAsync(s_login, Setup.Cancellation);
            await Assert.ThrowsAsync<EndOfStreamException>(async () => await stream.ReadExactlyAsync(new byte[8], Setup.Cancellation));
        }
        await using var ended = new VsrStream(new Answers(), MaxReplyBytes);
        Assert.Equal(0, await ended.ReadAtLeastAsync(new byte[8], 8, throwOnEndOfStream: false, Setup.Cancellation));
    }

    [Theory]
    [InlineData(48, 255)] // shorter than a header
    [InlineData(48, MaxReplyBytes + 1)]
    [InlineData(60, 9)] // no kind of frame that a server sends
    public async Task Reply_ThatCannotBe_IsAnErrorBeforeMemoryIsTaken(int at, int value)
    {
        var reply = Reply(Operation.NonReplicated, []);
        if (at == 60)
            reply[at] = (byte)value;
        else
            BinaryPrimitives.WriteInt32LittleEndian(reply.AsSpan(at), value);
        await using var stream = new VsrStream(new Answers(reply), MaxReplyBytes);
        await stream.WriteAsync(s_ping, Setup.Cancellation);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await stream.ReadExactlyAsync(new byte[8], Setup.Cancellation));
    }

    [Fact]
    public async Task Reply_NobodyAskedFor_IsAnError()
    {
        await using var stream = new VsrStream(new Answers(Reply(Operation.NonReplicated, [])), MaxReplyBytes);
        await Assert.ThrowsAsync<InvalidDataException>(async () => await stream.ReadExactlyAsync(new byte[8], Setup.Cancellation));
    }

    private static byte[] Classic(CommandCode code) => [.. BitConverter.GetBytes(4u), .. BitConverter.GetBytes((uint)code)];

    private static byte[] Classic<T>(CommandCode code, T request) where T : IWireRequest<T>
    {
        var payload = new ArrayBufferWriter<byte>();
        request.Write(new WireWriter(payload));
        return [.. BitConverter.GetBytes((uint)(4 + payload.WrittenCount)), .. BitConverter.GetBytes((uint)code), .. payload.WrittenSpan];
    }

    private static byte[] Reply(Operation operation, byte[] body, IggyError status = IggyError.None)
    {
        var frame = new byte[ReplyHeader.SizeInBytes + body.Length];
        new ReplyHeader((uint)frame.Length, 0, 1, 0, 0, 0, 0, operation, status).Write(frame);
        body.CopyTo(frame, ReplyHeader.SizeInBytes);
        return frame;
    }

    private static byte[] Login(ulong session)
    {
        var body = new ArrayBufferWriter<byte>();
        var writer = new WireWriter(body);
        writer.U32(0); // no rejection
        new RegisterReply(7, session, ProtocolVersion.Current, "0.9.0").Write(writer);
        return Reply(Operation.Register, body.WrittenSpan.ToArray());
    }

    private static byte[] Evicted(EvictionReason reason)
    {
        var frame = new byte[ReplyHeader.SizeInBytes];
        new Eviction(1, reason, null).Write(frame);
        return frame;
    }

    private static async Task<(uint Status, byte[] Payload)> AskAsync(VsrStream stream, byte[] request)
    {
        await stream.WriteAsync(request, Setup.Cancellation);
        var head = new byte[8];
        await stream.ReadExactlyAsync(head, Setup.Cancellation);
        var payload = new byte[BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4))];
        await stream.ReadExactlyAsync(payload, Setup.Cancellation);
        return (BinaryPrimitives.ReadUInt32LittleEndian(head), payload);
    }

    /// <summary>A connection whose answers are there before they are asked for, and then its end.</summary>
    private sealed class Answers(params byte[][] replies) : MemoryStream(replies.SelectMany(static reply => reply).ToArray())
    {
        private readonly List<RequestHeader> _sent = [];

        public RequestHeader[] Sent => [.. _sent];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            for (; !buffer.IsEmpty; buffer = buffer[(int)_sent[^1].SizeBytes..])
                _sent.Add(RequestHeader.Read(buffer.Span));
            return default;
        }
    }
}
