using CsCheck;
using Iggy.Storage.Context;
using Iggy.Storage.Records;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>What was appended is what is read, in any layout, from anywhere, within the limits asked for.</summary>
public class RoundTripTests
{
    private static readonly Gen<Sent> s_message =
        from payload in Gen.Frequency((9, Gen.Int[0, 300]), (1, Gen.Int[50_000, 120_000]))
        from headers in Gen.Int[0, 40]
        from origin in Gen.Frequency((6, Gen.ULong[1_000_000, 1_000_500]), (1, Gen.ULong))
        from id in Gen.ULong[0, 3]
        select new Sent(Bytes(payload, 7), Bytes(headers, 3), origin, id);

    // Compact batches hold one origin and deltas of 32 bits, and never the id 0.
    private static readonly Gen<(MessageLayout Layout, Sent[] Messages)> s_batch =
        Gen.Select(Gen.Bool, s_message.Array[1, 12]).Select((isClassic, messages) => isClassic
            ? (MessageLayout.Classic, messages)
            : (MessageLayout.Compact, messages.Select(message => message with { OriginMicros = 5_000 + (message.OriginMicros % 1000), Id = message.Id + 1 }).ToArray()));

    private static readonly Gen<(ReadFrom From, ulong Value, uint Count, int MaxBytes, MessageLayout Layout, int Headroom)> s_poll =
        Gen.Select(Gen.Enum<ReadFrom>(), Gen.ULong[0, 80], Gen.UInt[0, 90], Gen.Int[1, 200_000], Gen.Enum<MessageLayout>(), Gen.Int[0, 70]);

    // Goal: every poll returns what a list would. Method: random batches into small segments, random polls, before and after a
    // clean close and a death, against the list.
    [Fact]
    public void Read_AnyPollOfAnyLog_ReturnsWhatAListWould()
        => Gen.Select(s_batch.Array[1, 8], s_poll.Array[20], Gen.Long[512, 20_000]).Sample((batches, polls, segmentBytes) =>
        {
            using var log = new TestLog(new PartitionLogOptions { SegmentBytes = segmentBytes });
            var model = new List<(Sent Message, ulong Time)>();
            foreach (var (layout, messages) in batches)
            {
                Assert.Equal((ulong)model.Count, log.Append(layout, messages));
                model.AddRange(messages.Select(message => (message, log.NowMicros)));
                log.Clock.Advance(TimeSpan.FromMicroseconds(10));
            }
            Check(log, model, polls);
            Check(log.Reopen(), model, polls);
            Check(log.Kill(), model, polls);
            Assert.Empty(log.Log.Damage);
        }, iter: 60);

    // Goal: a batch cut or bent anywhere is refused or read as other whole messages, never more than was sent, and leaves no trace.
    [Fact]
    public void Append_BatchCutAnywhere_IsRefusedAndLeavesNoTrace()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(10));
        foreach (var layout in new[] { MessageLayout.Classic, MessageLayout.Compact })
        {
            var whole = Batches.Of(layout, Sent.Many(3, 20));
            for (var length = 0; length < whole.Length; length++)
                Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(layout, whole.AsSpan(0, length), 3).Status);
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(layout, whole, 2).Status);
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(layout, whole, 4).Status);
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(layout, whole, 0).Status);
        }
        Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append((MessageLayout)7, Batches.Classic(Sent.Of(1)), 1).Status);
        Assert.Equal(1UL, log.Log.Stats.NextOffset);
        Assert.Equal([0UL], log.Kill().Offsets());
    }

    [Theory]
    [InlineData(48)]
    [InlineData(52)]
    public void Append_LengthsBeyondTheLimits_AreRefused(int field)
    {
        using var log = new TestLog();
        foreach (var length in (uint[])[100_001, 64_000_001, int.MaxValue, uint.MaxValue - 63, uint.MaxValue])
        {
            var batch = Batches.Classic(Sent.Of(20));
            BitConverter.TryWriteBytes(batch.AsSpan(field), length);
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(MessageLayout.Classic, batch, 1).Status);
        }
    }

    [Fact]
    public void Append_CompactFrameThatDoesNotMatchItsChecksum_IsRefused()
    {
        using var log = new TestLog();
        var whole = Batches.Compact(Sent.Many(2, 16));
        for (var i = CompactBatch.SizeInBytes; i < whole.Length; i++)
        {
            var bent = (byte[])whole.Clone();
            bent[i] ^= 1;
            Assert.Equal(AppendStatus.InvalidBatch, log.Log.Append(MessageLayout.Compact, bent, 2).Status);
        }
        Assert.Equal(AppendStatus.Appended, log.Log.Append(MessageLayout.Compact, whole, 2).Status);
    }

    [Fact]
    public void Append_IdZero_GetsARandomUuid()
    {
        using var log = new TestLog();
        log.Append(Sent.Of(1) with { Id = 0 }, Sent.Of(1) with { Id = 0 }, Sent.Of(1) with { Id = 5 });
        var ids = log.Read().Select(message => message.Id).ToArray();
        Assert.NotEqual(UInt128.Zero, ids[0]);
        Assert.NotEqual(ids[0], ids[1]);
        Assert.Equal((UInt128)5, ids[2]);
    }

    [Fact]
    public void Append_MoreThanOneRecordHolds_IsOneAppendOfSeveralRecords()
    {
        using var log = new TestLog();
        foreach (var layout in new[] { MessageLayout.Classic, MessageLayout.Compact })
        {
            var first = log.Append(layout, Sent.Many(5, 700_000));
            Assert.Equal(5, log.Read(ReadFrom.Offset, first, 5).Count);
        }
        Assert.Equal(10, log.Kill().Read(layout: MessageLayout.Compact).Count);
        var times = log.Read().Select(message => message.TimestampMicros).Distinct();
        Assert.Single(times);
    }

    [Fact]
    public void Read_PollsInARow_GoOnWhereTheLastOneEnded()
    {
        using var log = new TestLog(new PartitionLogOptions { SegmentBytes = 4096 });
        for (var i = 0; i < 40; i++)
            log.Append(Sent.Many(7, 50));
        var next = 0UL;
        while (log.Offsets(ReadFrom.Offset, next, 3) is { Length: > 0 } offsets)
        {
            Assert.Equal(next, offsets[0]);
            next = offsets[^1] + 1;
        }
        Assert.Equal(280UL, next);
    }

    [Fact]
    public void Read_EmptyLog_IsEmptyFromEverywhere()
    {
        using var log = new TestLog();
        foreach (var from in Enum.GetValues<ReadFrom>())
            Assert.Equal(new ReadResult(ReadStatus.Ok, null, 0, 0, 0, 0), log.Log.Read(new ReadRequest(from, 0, 10)));
    }

    private static void Check(TestLog log, List<(Sent Message, ulong Time)> model,
        (ReadFrom From, ulong Value, uint Count, int MaxBytes, MessageLayout Layout, int Headroom)[] polls)
    {
        var stats = log.Log.Stats;
        Assert.Equal((ulong)model.Count, stats.NextOffset);
        Assert.Equal((ulong)model.Sum(entry => (long)entry.Message.ClassicBytes), stats.MessageBytes);
        foreach (var poll in polls)
        {
            var value = poll.From is ReadFrom.Timestamp ? model[0].Time + poll.Value : poll.Value;
            var result = log.Log.Read(new ReadRequest(poll.From, value, poll.Count, poll.Layout, poll.Headroom, poll.MaxBytes, PartitionId: 9));
            Assert.Equal((ulong)model.Count - 1, result.CurrentOffset);
            var served = Replies.Take(result, poll.Layout, poll.Headroom, 9);
            var start = poll.From switch
            {
                ReadFrom.Offset => (int)Math.Min(poll.Value, (ulong)model.Count),
                ReadFrom.Last => model.Count - (int)Math.Min(poll.Count, (uint)model.Count),
                ReadFrom.Timestamp => model.FindIndex(entry => entry.Time >= value) is var found and >= 0 ? found : model.Count,
                _ => 0,
            };
            var wanted = Math.Min((int)poll.Count, model.Count - start);
            Assert.InRange(served.Count, Math.Min(1, wanted), wanted);
            if (served.Count < wanted) // only the limit of bytes may cut it short
                Assert.True(result.Bytes + MessageBytes(model[start + served.Count].Message) + CompactBatch.SizeInBytes > poll.MaxBytes);
            Assert.True(result.Bytes <= poll.MaxBytes || served.Count == 1);
            for (var i = 0; i < served.Count; i++)
                CheckMessage(model[start + i], (ulong)(start + i), served[i]);
        }
    }

    private static int MessageBytes(Sent message) => (int)message.ClassicBytes;

    private static void CheckMessage((Sent Message, ulong Time) expected, ulong offset, Served served)
    {
        Assert.Equal(offset, served.Offset);
        Assert.Equal(expected.Time, served.TimestampMicros);
        Assert.Equal(expected.Message.OriginMicros, served.OriginMicros);
        Assert.True(expected.Message.Id == 0 ? served.Id != 0 : served.Id == expected.Message.Id);
        Assert.True(expected.Message.Payload.AsSpan().SequenceEqual(served.Payload));
        Assert.True(expected.Message.UserHeaders.AsSpan().SequenceEqual(served.UserHeaders));
    }

    private static byte[] Bytes(int count, int step) => [.. Enumerable.Range(0, count).Select(i => (byte)(i * step))];
}
