using System.Buffers.Binary;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Testing;
using Microsoft.Extensions.Time.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>What is sent and what is made of a poll.</summary>
public sealed class MessageTests
{
    private static readonly Consumer _consumer = new(ConsumerKind.Single, new(0));

    private static byte[] Poll(ulong firstOffset, params string[] payloads) => ReplyBytes.Poll(3, firstOffset, payloads);

    private static ConsumeOptions Options(CommitMode commit, bool follow = false) => new()
    {
        Stream = new("s"),
        Topic = new("t"),
        PartitionId = 3,
        BatchCount = 2,
        Commit = commit,
        Follow = follow,
        PollInterval = TimeSpan.FromMinutes(1),
    };

    // Goal: a batch arrives as it was given, and the payload may be changed as soon as the call is back.
    [Fact]
    public async Task Send_Batch_IsWellFormedAndCopied()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var payload = "hello"u8.ToArray();
        var headers = new MessageHeaders().Add("k", "v").Add("n", 7).ToMemory();
        var send = client.SendMessagesAsync(
            new("orders"), new(4), Partitioning.ByKey("key"u8.ToArray()), [new(payload) { Id = 12, UserHeaders = headers, OriginTimestampMicros = 99 }, new("second")], Setup.Cancellation).Within();
        payload.AsSpan().Clear();

        var (code, bytes) = await peer.ReadAsync();
        Assert.Equal(101u, code);
        Check(bytes);
        await peer.WriteAsync(Empty());
        await send;

        void Check(ReadOnlySpan<byte> request)
        {
            Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(request, out var batch));
            Assert.Equal(IggyError.None, ClassicBatch.Check(batch.Indexes, batch.Messages));
            Assert.Equal("orders", batch.Stream.ToIdentifier().Name);
            Assert.Equal(4u, batch.Topic.Number);
            Assert.Equal("key"u8, batch.Partitioning.Value);
            var messages = new ClassicMessageEnumerator(batch.Messages);
            Assert.True(messages.MoveNext());
            Assert.Equal("hello"u8, messages.Current.Payload);
            Assert.Equal(headers.Span, messages.Current.UserHeaders);
            Assert.Equal((UInt128)12, messages.Current.Header.Id);
            Assert.Equal(99ul, messages.Current.Header.OriginTimestampMicros);
            Assert.True(messages.MoveNext());
            Assert.Equal("second"u8, messages.Current.Payload);
            Assert.InRange(messages.Current.Header.OriginTimestampMicros, 1_700_000_000_000_000ul, (ulong)long.MaxValue); // now
            Assert.False(messages.MoveNext());
        }
    }

    [Fact]
    public async Task Send_NothingOrTooMuch_IsRefusedBeforeAnythingLeaves()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        await Assert.ThrowsAsync<ArgumentException>(() => client.SendMessagesAsync(new(1), new(1), Partitioning.Balanced, [], Setup.Cancellation).Within());
        await Assert.ThrowsAsync<ArgumentException>(() => client.SendMessageAsync(new(1), new(1), Partitioning.Balanced, new(new byte[64_000_001]), Setup.Cancellation).Within());
        await Assert.ThrowsAsync<ArgumentException>(() => client.SendMessageAsync(new(new string('x', 256)), new(1), Partitioning.Balanced, new("m"), Setup.Cancellation).Within());

        var ping = client.PingAsync(Setup.Cancellation).Within();
        Assert.Equal(1u, (await peer.ReadAsync()).Code);
        await peer.WriteAsync(Empty());
        await ping;
    }

    [Fact]
    public async Task Poll_Messages_HaveAllTheirFields()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var poll = client.PollMessagesAsync(_consumer, new("s"), new("t"), 3, PollingStrategy.First, 10, cancellationToken: Setup.Cancellation).Within();
        await peer.ReadAsync();
        await peer.WriteAsync(Ok(Poll(7, "a", "", "ccc")));
        using var messages = await poll;

        Assert.Equal((3u, 9ul, 3), (messages.PartitionId, messages.CurrentOffset, messages.Count));
        Assert.Equal([(7ul, "a"), (8ul, ""), (9ul, "ccc")], messages.Select(message => (message.Offset, message.PayloadText)));
        Assert.All(messages, message => Assert.Equal(((UInt128)42, 5ul, 6ul, true), (message.Id, message.TimestampMicros, message.OriginTimestampMicros, message.IsChecksumRight())));
        messages.Dispose();
        Assert.Throws<ObjectDisposedException>(() => messages.GetEnumerator());
    }

    // Goal: a reply that does not add up never becomes messages. Method: every cut of a good one, except the whole.
    [Fact]
    public async Task Poll_CutAnywhere_IsRefused()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var whole = Poll(0, "ab", "c");
        for (var cut = 2; cut < whole.Length; cut++) // a reply of one byte is no reply
        {
            var poll = client.PollMessagesAsync(_consumer, new(1), new(1), 0, PollingStrategy.First, 10, cancellationToken: Setup.Cancellation).Within();
            await peer.ReadAsync();
            await peer.WriteAsync(Ok(whole[..cut]));
            Assert.Equal(IggyError.CannotDeserializeResource, (await Assert.ThrowsAsync<IggyException>(() => poll)).Error);
        }
    }

    [Fact]
    public async Task Headers_OfAMessage_AreFoundByKeyAndType()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server);
        await using var owned = client;
        var headers = new MessageHeaders().Add("k", "v").Add("n", 7).AddRaw("r", [1, 2]).ToMemory();
        var reply = new byte[16 + 64 + 1 + headers.Length];
        PollMessagesReply.WriteHead(reply, 0, 0, 1);
        ClassicMessageWriter.Write(reply.AsSpan(16), default, "x"u8, headers.Span);
        var poll = client.PollMessagesAsync(_consumer, new(1), new(1), 0, PollingStrategy.First, 1, cancellationToken: Setup.Cancellation).Within();
        await peer.ReadAsync();
        await peer.WriteAsync(Ok(reply));
        using var messages = await poll;

        var message = Assert.Single(messages);
        Assert.True(message.TryGetHeader("k", out var text) && text == "v");
        Assert.True(message.TryGetHeader("n", out int number) && number == 7);
        Assert.False(message.TryGetHeader("n", out long _));
        Assert.False(message.TryGetHeader("missing", out string _));
    }

    [Fact]
    public async Task MissingThings_AreNull()
    {
        using var server = new ScriptedServer();
        var serving = server.ServeAsync((_, _) => Empty());
        await using var client = await IggyClient.ConnectAsync(Setup.Options(server), Setup.Cancellation);
        Assert.Null(await client.GetStreamAsync(new("s"), Setup.Cancellation).Within());
        Assert.Null(await client.GetTopicAsync(new("s"), new("t"), Setup.Cancellation).Within());
        Assert.Null(await client.GetClientAsync(1, Setup.Cancellation).Within());
        Assert.Null(await client.GetConsumerOffsetAsync(_consumer, new("s"), new("t"), 0, Setup.Cancellation).Within());
        Assert.Empty(await client.GetTopicsAsync(new("s"), Setup.Cancellation).Within());
        server.Dispose();
        await client.DisposeAsync();
        Assert.Equal([200u, 300u, 21u, 120u, 301u], await serving);
    }

    // Goal: a batch whose handling ends early is not committed. Method: the second of two batches is left in the middle.
    [Fact]
    public async Task Consume_AfterBatch_CommitsWhatWasHandledOnly()
    {
        using var server = new ScriptedServer();
        var stored = new List<ulong>();
        var serving = server.ServeAsync((code, payload) =>
        {
            if (code == 121)
            {
                stored.Add(BinaryPrimitives.ReadUInt64LittleEndian(payload.AsSpan(^8)));
                return Empty();
            }
            var strategy = payload.AsSpan(^14);
            return Ok(strategy[0] == (byte)PollingKind.Next ? Poll(0, "a", "b") : Poll(BinaryPrimitives.ReadUInt64LittleEndian(strategy[1..]), "c", "d"));
        });
        await using (var client = await IggyClient.ConnectAsync(Setup.Options(server), Setup.Cancellation))
        {
            var seen = new List<string>();
            await foreach (var batch in client.ConsumeAsync(Options(CommitMode.AfterBatch), Setup.Cancellation))
            {
                seen.AddRange(batch.Select(message => message.PayloadText));
                if (seen.Count == 4)
                    break;
            }
            Assert.Equal(["a", "b", "c", "d"], seen);
        }
        server.Dispose();
        Assert.Equal([100u, 121u, 100u], await serving);
        Assert.Equal([1ul], stored);
    }

    // Goal: the end of a partition ends the loop, unless it follows. Method: an empty poll, then a message once the clock has moved.
    [Fact]
    public async Task Consume_AtTheEnd_LeavesOrFollows()
    {
        using var server = new ScriptedServer();
        var clock = new WatchedClock(TimeSpan.FromMinutes(1));
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Clock = clock, RequestTimeout = TimeSpan.FromDays(1) });
        await using var owned = client;
        var once = client.ConsumeAsync(Options(CommitMode.OnPoll), Setup.Cancellation).GetAsyncEnumerator(Setup.Cancellation);
        var next = once.MoveNextAsync().Within();
        Assert.Equal(1, (await peer.ReadAsync()).Payload[^1]); // the server commits
        await peer.WriteAsync(Ok(Poll(0)));
        Assert.False(await next);

        var following = client.ConsumeAsync(Options(CommitMode.None, follow: true), Setup.Cancellation).GetAsyncEnumerator(Setup.Cancellation);
        next = following.MoveNextAsync().Within();
        Assert.Equal(0, (await peer.ReadAsync()).Payload[^1]);
        await peer.WriteAsync(Ok(Poll(0)));
        await clock.WaitStarted.WaitAsync(Limit, Setup.Cancellation);
        clock.Advance(TimeSpan.FromMinutes(1));
        await peer.ReadAsync();
        await peer.WriteAsync(Ok(Poll(0, "late")));
        Assert.True(await next);
        Assert.Equal("late", Assert.Single(following.Current).PayloadText);
    }

    /// <summary>A clock that tells when somebody starts to wait for a certain time.</summary>
    private sealed class WatchedClock(TimeSpan wait) : FakeTimeProvider
    {
        private readonly TaskCompletionSource _waitStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task WaitStarted => _waitStarted.Task;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            if (dueTime == wait)
                _waitStarted.TrySetResult();
            return timer;
        }
    }
}
