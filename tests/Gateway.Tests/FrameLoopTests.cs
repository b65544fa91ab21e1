using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using Iggy.Gateway.Errors;
using Iggy.Gateway.Limits;
using Iggy.Gateway.Metrics;
using Iggy.Gateway.Routing;
using Iggy.Gateway.Security;
using Iggy.Gateway.Sessions;
using Iggy.Gateway.Wire.Connections;
using Iggy.Gateway.Wire.Frames;
using Iggy.Gateway.Wire.Transports;
using Iggy.Gateway.Wire.Vsr;
using Iggy.Grains.Interfaces.Partitions;
using Iggy.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Gateway.Tests;

/// <summary>The frame loop with a table of its own: no grain, no socket.</summary>
public sealed class FrameLoopTests
{
    private const CommandCode Echo = CommandCode.GetStats, Refuse = CommandCode.GetStream, Late = CommandCode.GetTopic, Evict = CommandCode.GetMe, Large = CommandCode.PollMessages, Slow = CommandCode.GetTopics;

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
            Assert.Equal([(0u, 0), (0u, 3), (1009u, 0), (0u, 0)], Replies(stream).Select(Read));
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
        Assert.All(Replies(stream), reply => Assert.Equal(8, reply.Length));
        Assert.Equal([1009u, 12001u, 3u, 3u, 0u], Replies(stream).Select(reply => Read(reply).Status));
    }

    // Goal: a reply that is read while it is sent is one frame to the client, and what it held is let go.
    [Fact]
    public async Task Run_LargeReply_IsOneFrameOfAllItsPieces()
    {
        var pieces = new ScriptedPieces([1, 2, 3], [4], new byte[3 * 1024 * 1024]);
        var stream = new ScriptedStream();
        stream.Client(Frame(Large), Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream, pieces: pieces, announced: 4 + (3 * 1024 * 1024));
        Assert.Equal([(0u, 4 + (3 * 1024 * 1024)), (0u, 0)], Replies(stream).Select(Read));
        Assert.Equal([1, 2, 3, 4, 0], Replies(stream)[0][8..13]);
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
        await RunAsync(stream, pieces: pieces, announced: 10);
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
        Assert.Equal((3u, 0), Read(Assert.Single(Replies(stream))));
        Assert.True(stream.IsSendingFinished);
    }

    [Fact]
    public async Task Run_ClientNotFound_IsSentAndEndsTheConnection()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(Evict), Frame(CommandCode.Ping));
        stream.ClientLeaves();
        await RunAsync(stream);
        Assert.Equal((100u, 0), Read(Assert.Single(Replies(stream))));
    }

    [Fact]
    public async Task Run_ServerStops_TellsTheClient()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(CommandCode.Ping));
        var running = RunAsync(stream, isStopping: () => true);
        stream.StopReceiving();
        await running;
        Assert.Equal([(0u, 0), (8u, 0)], Replies(stream).Select(Read));
    }

    // Goal: a grain that is late may still read the request, so its bytes stay as they were whatever the client sends next. Method: one that reads them after the next
    // frames were served.
    [Fact]
    public async Task Run_GrainIsLate_ItsRequestStaysAsItWasWhileOthersCome()
    {
        var stream = new ScriptedStream();
        stream.Client(Frame(Late, 1, 2, 3, 4));
        var lent = new List<ReadOnlyMemory<byte>>();
        var running = RunAsync(stream, onLate: lent.Add);
        for (var next = 0; next < 3; next++)
        {
            stream.Client(Frame(Echo, 9, 9, 9, 9, 9, 9, 9, 9));
            stream.Client(Frame(Late, 8, 8, 8, 8));
        }
        stream.ClientLeaves();
        await running;
        Assert.Equal(4, lent.Count);
        Assert.Equal([1, 2, 3, 4], lent[0].ToArray());
        Assert.Equal([8, 8, 8, 8], lent[1].ToArray());
    }

    // Goal: every large request gives its memory back when it is answered, or the third would wait for ever. Method: memory for one at a time, on one connection and then
    // on the next.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_LargeRequests_GiveTheirMemoryBack(bool leavesInside)
    {
        var gates = new RequestGates(Options.Create(new FrameLimits { MaxInFlightBytes = 100_000 }));
        for (var connection = 0; connection < 3; connection++)
        {
            var stream = new ScriptedStream();
            var frame = Frame(Echo, new byte[90_000]);
            for (var i = 0; i < 3; i++)
                stream.Client(frame);
            if (leavesInside)
                stream.Client(frame[..80_000]);
            stream.ClientLeaves();
            await RunAsync(stream, gates: gates).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            Assert.Equal(3, Replies(stream).Count);
            Assert.Equal(0, gates.InsideBytes);
        }
    }

    // Goal: who waits for the rest of a frame has said that its beginning is there; between frames nobody says anything.
    [Fact]
    public async Task Run_FrameComesInParts_ItsBeginningIsAcknowledged()
    {
        var stream = new ScriptedStream();
        var running = RunAsync(stream);
        var frame = Frame(Echo, new byte[100]);
        stream.Client(frame);
        stream.Client(frame);
        stream.Client(frame[..3]);
        Assert.True(await stream.Acknowledged.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        stream.Client(frame[3..8]);
        Assert.True(await stream.Acknowledged.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        stream.Client(frame[8..]);
        stream.ClientLeaves();
        await running;
        Assert.Equal(2, stream.AcknowledgedCount);
        Assert.Equal(3, Replies(stream).Count);
    }

    // Goal: what has come together is answered together and in order; a client that sends the rest of a frame only when it has its answers gets them.
    [Fact]
    public async Task Run_FramesThatCameTogether_AreAnsweredInOneWrite()
    {
        var stream = new ScriptedStream();
        var running = RunAsync(stream, clock: new FakeTimeProvider()); // time stands still: nothing leaves for having waited
        var next = Frame(Echo, 7, 7, 7);
        stream.Client(Join(Frame(Echo, 1, 1, 1), Frame(Refuse), Frame(Echo, 2, 2, 2, 2), next[..9]));
        await await Task.WhenAny(stream.IsSentAsync(1), running);
        Assert.Equal([(0u, 3), (1009u, 0), (0u, 4)], Replies(stream).Select(Read));
        stream.Client(Join(next[9..], Frame(CommandCode.Ping)));
        await await Task.WhenAny(stream.IsSentAsync(2), running);
        stream.Client(Join([.. Enumerable.Repeat(Frame(Echo, new byte[10_000]), 10)])); // more than is kept back at a time
        stream.ClientLeaves();
        await running;
        Assert.Equal([(0u, 3), (0u, 0)], Replies(stream).Skip(3).Take(2).Select(Read));
        Assert.Equal((15, 4), (Replies(stream).Count, stream.Replies.Count));
    }

    [Fact]
    public async Task Run_FrameThatIsSlow_HoldsUpNoAnswerBeforeIt()
    {
        var (stream, clock, slow) = (new ScriptedStream(), new FakeTimeProvider(), new TaskCompletionSource());
        var running = RunAsync(stream, clock: clock, slow: slow.Task);
        stream.Client(Join(Frame(Echo, 1, 1, 1), Frame(Slow), Frame(CommandCode.Ping)));
        while (stream.Replies.Count == 0 && !running.IsCompleted)
        {
            clock.Advance(GatheredStream.LongestWait);
            await Task.Yield();
        }
        Assert.Equal((0u, 3), Read(Assert.Single(stream.Replies)));
        slow.SetResult();
        stream.ClientLeaves();
        await running;
        Assert.Equal([(0u, 3), (0u, 0), (0u, 0)], Replies(stream).Select(Read));
    }

    [Fact]
    public async Task Run_FramesOnATransportOfMessages_AreAnsweredOneByOne()
    {
        var stream = new ScriptedStream();
        stream.Client(Join(Frame(Echo, 1, 1, 1), Frame(Refuse)));
        stream.ClientLeaves();
        await RunAsync(stream, transport: TransportKind.WebSocket);
        Assert.Equal([(0u, 3), (1009u, 0)], stream.Replies.Select(Read));
    }

    private static List<byte[]> Replies(ScriptedStream stream)
    {
        var replies = new List<byte[]>();
        var sent = stream.Sent.ToArray().AsSpan();
        while (sent.Length >= 8)
        {
            var bytes = 8 + BinaryPrimitives.ReadInt32LittleEndian(sent[4..]);
            replies.Add(sent[..bytes].ToArray());
            sent = sent[bytes..];
        }
        return replies;
    }

    private static Task RunAsync(ScriptedStream stream, Func<bool>? isStopping = null, Action<ReadOnlyMemory<byte>>? onLate = null, RequestGates? gates = null,
        ScriptedPieces? pieces = null, long announced = 0, TimeProvider? clock = null, Task? slow = null, TransportKind transport = TransportKind.Tcp)
    {
        var table = new CommandTable();
        table.Add(Large, (_, _, _) => new(new Outcome(IggyError.None, Large: new LargeReply(pieces!, announced, 1))));
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
        table.Add(Late, (_, payload, _) =>
        {
            onLate?.Invoke(payload);
            throw new TimeoutException();
        });
        table.Add(Slow, async (_, _, _) =>
        {
            await slow!;
            return new(IggyError.None);
        });
        table.Add(Evict, static (_, _, _) => new(new Outcome(IggyError.ClientNotFound)));
        var dispatcher = new CommandDispatcher(table.Build(), new SendLeave(null!), new AccessCache(null!), new GatewayMetrics(new Meters()), NullLogger<CommandDispatcher>.Instance);
        var session = new Session(1, transport, "127.0.0.1:1");
        var limits = Options.Create(new FrameLimits());
        var options = Options.Create(new VsrOptions());
        var vsr = new VsrServer(
            dispatcher, new VsrClients(new Positions(TimeProvider.System, new ForgottenPositions())), limits, options, NullLogger<VsrServer>.Instance, (_, _) => throw new InvalidOperationException("A login of the 0.12 line."));
        var dialects = new DialectChoice(dispatcher, vsr, limits, options, TimeProvider.System, NullLogger<DialectChoice>.Instance);
        return new FrameLoop(stream, session, dialects, gates ?? new RequestGates(limits), clock ?? TimeProvider.System, NullLogger.Instance).RunAsync(isStopping ?? (() => false));
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

    private sealed class ForgottenPositions : IPositionStore
    {
        public ulong Read() => 0;

        public void Write(ulong ceiling)
        {
        }
    }
}
