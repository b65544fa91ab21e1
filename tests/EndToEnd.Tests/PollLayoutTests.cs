using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Polls over many shapes of batches, through segments so small that they roll all the time.</summary>
public sealed class PollLayoutTests(PollLayoutTests.SmallSegments fixture) : IClassFixture<PollLayoutTests.SmallSegments>
{
    private const byte FromOffset = 1, FromTimestamp = 2, First = 3, Last = 4, Next = 5;
    private static int s_topics;

    /// <summary>A server with segments of 32 KiB.</summary>
    public sealed class SmallSegments : IAsyncLifetime
    {
        public ServerProcess Server { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["IGGY_SYSTEM_SEGMENT_SIZE"] = "32 KiB" });
            using var client = await LogInAsync(Server.Tcp);
            await client.DoAsync(202, Name("s"));
        }

        public async ValueTask DisposeAsync()
        {
            await Server.DisposeAsync();
            Directory.Delete(Server.DataPath, recursive: true);
        }
    }

    [Theory]
    [InlineData(300, 1, 1, 50)]
    [InlineData(300, 3, 7, 50)]
    [InlineData(300, 3, 7, 1000)]
    [InlineData(600, 10, 40, 50)]
    [InlineData(600, 10, 40, 1000)]
    [InlineData(100, 3, 7, 20_000)]
    [InlineData(2000, 100, 400, 50)]
    [InlineData(4000, 500, 2000, 1000)]
    public async Task Poll_AnyBatchLayout_GivesWhatWasAskedFor(int count, int leastInBatch, int mostInBatch, int payloadBytes)
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        var topic = Id($"t{Interlocked.Increment(ref s_topics)}");
        await client.DoAsync(302, Join(Id("s"), U32(1), U8(1), U64(0), U64(0), U8(0), topic[1..]));
        var random = new Random(count + payloadBytes); // fixed: a failure repeats
        for (var sent = 0; sent < count;)
        {
            var inBatch = Math.Min(count - sent, random.Next(leastInBatch, mostInBatch + 1));
            await client.DoAsync(101, Messages(Id("s"), topic, ToPartition(0), [.. Enumerable.Range(sent, inBatch).Select(i => ((ulong)i + 1, Payload(i, payloadBytes), Array.Empty<byte>()))]));
            sent += inBatch;
        }

        async Task<List<RawMessage>> PollAsync(byte strategy, ulong value, int most, bool autoCommit = false) =>
            ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), topic, 0, strategy, value, (uint)most, autoCommit))).Messages;
        async Task ExpectAsync(byte strategy, ulong value, int most, int from, int upTo)
        {
            var messages = await PollAsync(strategy, value, most);
            Assert.Equal(Enumerable.Range(from, upTo - from).Select(i => (ulong)i), messages.Select(message => message.Offset));
            Assert.All(messages, message =>
            {
                Assert.Equal(message.Offset + 1, message.IdLow);
                Assert.Equal(Payload((int)message.Offset, payloadBytes), message.Payload);
            });
        }

        await ExpectAsync(FromOffset, 0, count, 0, count);
        await ExpectAsync(FromOffset, (ulong)count / 2, count, count / 2, count);
        await ExpectAsync(FromOffset, (ulong)count / 3, 7, count / 3, (count / 3) + 7);
        await ExpectAsync(FromOffset, (ulong)count - 1, 10, count - 1, count);
        await ExpectAsync(FromOffset, (ulong)count, 10, 0, 0);
        await ExpectAsync(FromOffset, ulong.MaxValue, 10, 0, 0);
        await ExpectAsync(FromOffset, 0, 0, 0, 0);
        await ExpectAsync(First, 99, 5, 0, 5);
        await ExpectAsync(Last, 99, 5, count - 5, count);
        await ExpectAsync(Last, 0, count, 0, count);
        await ExpectAsync(Last, 0, int.MaxValue, 0, count);
        for (var at = 0; at < count; at += 37)
            await ExpectAsync(FromOffset, (ulong)at, 37, at, Math.Min(count, at + 37));

        var all = await PollAsync(First, 0, count);
        foreach (var index in new[] { 0, count / 4, count / 2, count - 1 })
            await ExpectAsync(FromTimestamp, all[index].Timestamp, count, all.FindIndex(message => message.Timestamp >= all[index].Timestamp), count);
        await ExpectAsync(FromTimestamp, 0, count, 0, count);
        await ExpectAsync(FromTimestamp, all[^1].Timestamp + 1, count, 0, 0);
        await ExpectAsync(FromTimestamp, ulong.MaxValue, count, 0, 0);

        await ExpectAsync(Next, 0, 11, 0, 11);
        await ExpectAsync(Next, 0, 11, 0, 11); // nothing was committed
        var seen = new List<ulong>();
        while (await PollAsync(Next, 0, 97, autoCommit: true) is { Count: > 0 } some)
            seen.AddRange(some.Select(message => message.Offset));
        Assert.Equal(all.Select(message => message.Offset), seen);
        Assert.Empty(await PollAsync(Next, 0, 97, autoCommit: true));
    }

    [Fact]
    public async Task TimestampPolls_OfAReaderThatGoesOnFromTheLastTime_SeeEverythingOnce()
    {
        using var client = await LogInAsync(fixture.Server.Tcp);
        await client.DoAsync(302, NewTopic(Id("s"), "by-time", 1));
        for (var batch = 0ul; batch < 50; batch++)
            await client.DoAsync(101, Messages(Id("s"), Id("by-time"), ToPartition(0), [.. Enumerable.Range(0, 10).Select(i => ((batch * 10) + (ulong)i + 1, new byte[300], Array.Empty<byte>()))]));

        var (from, seen) = (0ul, new List<ulong>());
        while (true)
        {
            var messages = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("by-time"), 0, FromTimestamp, from, 100))).Messages;
            var fresh = messages.Select(message => message.Offset).Where(offset => seen.Count == 0 || offset > seen[^1]).ToArray();
            if (fresh.Length == 0)
                break;
            seen.AddRange(fresh);
            from = messages[^1].Timestamp; // its whole batch comes again
        }
        Assert.Equal(Enumerable.Range(0, 500).Select(i => (ulong)i), seen);
    }

    private static byte[] Payload(int number, int bytes)
    {
        var payload = new byte[bytes];
        BitConverter.TryWriteBytes(payload, number);
        payload[^1] = (byte)number;
        return payload;
    }
}
