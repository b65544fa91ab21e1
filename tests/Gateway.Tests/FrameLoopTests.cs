using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Connections;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Iggy.Gateway.Tests;

/// <summary>The frame loop with a table of its own: no grain, no socket.</summary>
public sealed class FrameLoopTests
{
    private const CommandCode Echo = CommandCode.GetStats, Refuse = CommandCode.GetStream, Late = CommandCode.GetTopic, Evict = CommandCode.GetMe, Large = CommandCode.PollMessages;

    [Fact]
    public async Task Run_FramesSplitAtEveryByte_AnswersEach()
    {
        var frames = Join(Frame(CommandCode.Ping), Frame(Echo, 1, 2, 3), Frame(Refuse), Frame(Echo));
        for (var cut = 1; cut < frames.Length; cut++)
        {
            var stream = new ScriptedStream();
            stream.Client(frames[..cut], frames[cut..]);
            stream.ClientLeaves();
            await RunAsync(stream);
            Assert.Equal([(0u, 0), (0u, 3), (1009u, 0), (0u, 0)], stream.Replies.Select(Read));
            Assert.True(stream.IsSendingFinished);
        }
    }

    [Fact]
    public async Task Run_EveryError_IsEightBytes()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(Refuse), Frame(Late), Frame((CommandCode)4711), [3, 0, 0, 0, 1, 0, 0, 0], Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream);
        Assert.All(stream.Replies, reply => Assert.Equal(8, reply.Length));
        Assert.Equal([1009u, 12001u, 3u, 3u, 0u], stream.Replies.Select(reply => Read(reply).Status));
    }

    // Goal: a reply that is read while it is sent is one frame to the client, and what it held is let go.
    [Fact]
    public async Task Run_LargeReply_IsOneFrameOfAllItsPieces()
    {
        var pieces = new ScriptedPieces([1, 2, 3], [4], new byte[3 * 1024 * 1024]);
        var stream = new ScriptedStream();
        stream.Client(Frame(Large), Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream, pieces, announced: 4 + (3 * 1024 * 1024));
        Assert.Equal([(0u, 4 + (3 * 1024 * 1024)), (0u, 0)], stream.Replies.Select(Read));
        Assert.Equal([1, 2, 3, 4, 0], stream.Replies[0][8..13]);
        Assert.True(pieces.IsDisposed);
    }

    // Goal: a reply that cannot be read to its end ends the connection: nothing else can tell the client that the frame is cut.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_LargeReplyThatBreaksOff_EndsTheConnection(bool throws)
    {
        var pieces = new ScriptedPieces([1, 2, 3]) { Failure = throws ? new IOException("scripted") : null };
        var stream = new ScriptedStream();
        stream.Client(Frame(Large), Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream, pieces, announced: 10);
        Assert.Empty(stream.Replies);
        Assert.Equal(8 + 3, stream.Sent.Length);
        Assert.True(pieces.IsDisposed);
    }

    [Fact]
    public async Task Run_TooLongControlFrame_AnswersAndReadsNoFurtherFrame()
    {
        var stream = new ScriptedStream();
        var head = Frame(CommandCode.CreateStream);
        BinaryPrimitives.WriteUInt32LittleEndian(head, 4 + (10 * 1024 * 1024) + 1);
        stream.Client(head, Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream);
        Assert.Equal((3u, 0), Read(Assert.Single(stream.Replies)));
        Assert.True(stream.IsSendingFinished);
    }

    [Fact]
    public async Task Run_ClientNotFound_IsSentAndEndsTheConnection()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(Evict), Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream);
        Assert.Equal((100u, 0), Read(Assert.Single(stream.Replies)));
    }

    [Fact]
    public async Task Run_ServerStops_TellsTheClient()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(CommandCode.Ping));
        var running = RunAsync(stream, isStopping: () => true);
        stream.StopReceiving();
        await running;
        Assert.Equal([(0u, 0), (8u, 0)], stream.Replies.Select(Read));
    }

    private static Task RunAsync(ScriptedStream stream, Func<bool>? isStopping = null) => RunAsync(stream, new ScriptedPieces(), 0, isStopping);

    private static Task RunAsync(ScriptedStream stream, ScriptedPieces pieces, long announced, Func<bool>? isStopping = null)
    {
        var table = new CommandTable();
        table.Add(Large, (_, _, _) => new(new Outcome(IggyError.None, Large: new LargeReply(pieces, announced, 1))));
        table.Add(CommandCode.Ping, static (_, _, _) => new(new Outcome(IggyError.None)));
        table.Add(Echo, static (_, payload, reply) =>
        {
            payload.Span.CopyTo(reply.GetSpan(payload.Length));
            reply.Advance(payload.Length);
            return new(new Outcome(IggyError.None));
        });
        table.Add(Refuse, static (_, _, reply) =>
        {
            reply.Advance(3); // whatever was written before a refusal must not be sent
            throw new CommandRefusedException(IggyError.StreamIdNotFound);
        });
        table.Add(Late, static (_, _, _) => throw new TimeoutException());
        table.Add(Evict, static (_, _, _) => new(new Outcome(IggyError.ClientNotFound)));
        var dispatcher = new CommandDispatcher(table.Build(), new AccessCache(null!), new GatewayMetrics(new Meters()), NullLogger<CommandDispatcher>.Instance);
        var session = new Session(1, TransportKind.Tcp, "127.0.0.1:1");
        var limits = Options.Create(new FrameLimits());
        var options = Options.Create(new VsrOptions());
        var vsr = new VsrServer(dispatcher, new VsrClients(TimeProvider.System), limits, options, NullLogger<VsrServer>.Instance);
        var dialects = new DialectChoice(dispatcher, vsr, limits, options, TimeProvider.System, NullLogger<DialectChoice>.Instance);
        return new FrameLoop(stream, session, dialects, new RequestGates(limits), NullLogger.Instance).RunAsync(isStopping ?? (() => false));
    }

    private static byte[] Frame(CommandCode code, params byte[] payload)
    {
        var frame = new byte[8 + payload.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)(4 + payload.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), (uint)code);
        payload.CopyTo(frame, 8);
        return frame;
    }

    private static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    private static (uint Status, int PayloadBytes) Read(byte[] reply)
    {
        Assert.Equal(reply.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(reply.AsSpan(4)));
        return (BinaryPrimitives.ReadUInt32LittleEndian(reply), reply.Length - 8);
    }

    /// <summary>Meters that nobody listens to.</summary>
    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
        }
    }
}
