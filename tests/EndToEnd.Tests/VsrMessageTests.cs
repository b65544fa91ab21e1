using System.Buffers.Binary;
using CsCheck;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Messages of both dialects in one topic, and what only the newer one has.</summary>
public sealed class VsrMessageTests(ServerFixture fixture)
{
    private const byte FromOffset = 1;
    private const ulong T = 1_755_000_000_000_000;

    // Goal: a message is the same whichever dialect it is sent in and whichever it is polled in. Method: random batches with headers, empty and
    // large payloads and creation times far apart, sent in one dialect and polled in both, in random slices.
    [Fact]
    public async Task Message_SentInOnePolledInBoth_IsEqualInEveryField()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var offset = 0ul;
        var id = 1ul;
        await Gen.Select(Gen.Select(Gen.Int[0, 300], Gen.Int[0, 100], Gen.UInt).Array[1, 40], Gen.Bool, Gen.Int[0, 9]).SampleAsync(async (drawn, isNewer, large) =>
        {
            var messages = drawn.Select((one, i) => new VsrMessage(
                id++, Bytes(one.Item1 % 7 == 0 ? 0 : i == 0 && large == 0 ? 2_000_000 : one.Item1), HeadersOf(one.Item2), T + (isNewer ? one.Item3 : 0))).ToArray();
            if (isNewer)
            {
                var reply = await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), messages));
                Assert.Equal((24, 1u, offset), (reply.Length, BinaryPrimitives.ReadUInt32LittleEndian(reply), BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(16))));
            }
            else
            {
                await classic.DoAsync(101, RawClient.Messages(stream, topic, ToPartition(0), [.. messages.Select(one => (one.Id, one.Payload, one.Headers))]));
            }

            var start = offset + (ulong)(large % messages.Length);
            var count = messages.Length - (int)(start - offset);
            var poll = Poll(1, stream, topic, 0, FromOffset, start, (uint)count);
            var (_, current, asClassic) = ReadPoll(await classic.DoAsync(100, poll));
            var (_, newerCurrent, asNewer) = RawVsrClient.ReadPoll(await newer.DoAsync(100, poll));
            Assert.Equal(current, newerCurrent);
            Assert.Equal(count, asClassic.Count);
            Assert.Equal(asClassic.Select(Fields), asNewer.Select(Fields));
            Assert.Equal(messages[^count..].Select(one => (one.Id, Convert.ToHexString(one.Payload), Convert.ToHexString(one.Headers), isNewer ? one.Origin : 12345ul)),
                asNewer.Select(one => (one.IdLow, Convert.ToHexString(one.Payload), Convert.ToHexString(one.Headers), one.OriginTimestamp)));
            offset += (ulong)messages.Length;
        }, iter: 60, threads: 1);
    }

    // The release alone gives each send its own number: others send several under one.
    [Theory]
    [InlineData("rust-sdk", "0.11.0", 2)]
    [InlineData("rust-sdk", "0.11.0-edge.9", 3)]
    [InlineData("csharp-sdk", "0.9.0", 3)]
    public async Task Send_AskedAgainUnderItsNumber_IsAppendedOnceWhereNumbersAreItsOwn(string sdk, string version, int appended)
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        using var client = await RawVsrClient.ConnectAsync(fixture.Server.Tcp);
        Assert.Equal(0u, (await client.RegisterAsync(RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password, sdk: sdk, sdkVersion: version))).Status);
        var send = RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, [1], [], T));
        Assert.Equal(24, (await client.AskFrameAsync(160, 0, send, 5, client.Session)).Body.Length);
        var repeat = await client.AskFrameAsync(160, 0, send, 5, client.Session);
        Assert.Equal((0u, appended == 2 ? 0 : 24), (repeat.Status, repeat.Body.Length)); // known, and without a confirmation
        Assert.Equal(24, (await client.AskFrameAsync(160, 0, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(2, [1], [], T)), 5, client.Session)).Body.Length);
        Assert.Equal(appended, ReadPoll(await classic.DoAsync(100, Poll(1, stream, topic, 0, FromOffset, 0, 10))).Messages.Count);

        var store = Join(U8(1), Id(1), stream, topic, U8(1), U32(0), U64(1), U8(1));
        Assert.Equal(new byte[4], (await client.AskFrameAsync(161, 0, store, 6, client.Session)).Body);
        Assert.Equal(new byte[4], (await client.AskFrameAsync(161, 0, store, 6, client.Session)).Body);
        Assert.Equal(20u, (await client.AskFrameAsync(160, 0, RawVsrClient.Messages(stream, Id("nope"), ToPartition(0), new VsrMessage(1, [1], [], T)), 7, client.Session)).Status);
        Assert.Equal(24, (await client.AskFrameAsync(160, 0, send, 7, client.Session)).Body.Length); // what was refused may be asked again
    }

    [Fact]
    public async Task Send_LargestPayload_ComesBackInBothDialects()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var payload = Bytes(64_000_000);
        await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, payload, [], T)));
        var poll = Poll(1, stream, topic, 0, FromOffset, 0, 1);
        var (asNewer, asClassic) = (RawVsrClient.ReadPoll(await newer.DoAsync(100, poll)), ReadPoll(await classic.DoAsync(100, poll)));
        Assert.True(payload.AsSpan().SequenceEqual(asNewer.Messages[0].Payload));
        Assert.True(payload.AsSpan().SequenceEqual(asClassic.Messages[0].Payload));
        Assert.Equal(4022u, (await newer.AskAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, new byte[64_000_001], [], T)))).Status);
    }

    [Fact]
    public async Task Send_EveryPartitioning_IsConfirmedWithItsPlace()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(3);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        async Task<(uint Partition, ulong Offset)> SendAsync(byte[] partitioning)
        {
            var reply = await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, partitioning, new VsrMessage(1, [1], [], T), new VsrMessage(2, [2], [], T)));
            return (BinaryPrimitives.ReadUInt32LittleEndian(reply.AsSpan(12)), BinaryPrimitives.ReadUInt64LittleEndian(reply.AsSpan(16)));
        }
        foreach (var expected in new[] { (0u, 0ul), (1u, 0ul), (2u, 0ul), (0u, 2ul) })
            Assert.Equal(expected, await SendAsync(Balanced()));
        Assert.Equal((2u, 2ul), await SendAsync(ByKey("orders"u8.ToArray())));
        Assert.Equal((1u, 2ul), await SendAsync(ToPartition(1)));
    }

    [Fact]
    public async Task Send_BadBatches_GetTheirCodesAndLeaveNothingBehind()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        var good = RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, "hello"u8.ToArray(), [], T));
        var batch = good.Length - 256 - 48 - 5;
        async Task<uint> StatusWithAsync(int at)
        {
            byte[] bad = [.. good];
            bad[at] ^= 1;
            return (await newer.AskAsync(101, bad)).Status;
        }
        Assert.Equal(3u, await StatusWithAsync(0)); // bytes of metadata
        Assert.Equal(3u, await StatusWithAsync(batch + 32)); // bytes of the batch
        Assert.Equal(4039u, await StatusWithAsync(batch + 40)); // its checksum
        Assert.Equal(3u, await StatusWithAsync(batch + 48)); // count
        Assert.Equal(3u, await StatusWithAsync(batch + 60)); // reserved
        Assert.Equal(4027u, await StatusWithAsync(batch + 256 + 48)); // payload
        Assert.Equal(3u, await StatusWithAsync(batch + 256 + 24)); // offset delta
        Assert.Equal(20u, (await newer.AskAsync(101, RawVsrClient.Messages(Id("nope"), topic, ToPartition(0), new VsrMessage(1, [1], [], T)))).Status);
        Assert.Equal(20u, (await newer.AskAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(7), new VsrMessage(1, [1], [], T)))).Status);
        Assert.Equal(Join(U32(0), U64(0), U32(0)), await newer.DoAsync(100, Poll(1, stream, topic, 0, FromOffset, 0, 10)));

        await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(0, [1], [], T))); // an id of 0 asks for one
        Assert.NotEqual(0ul, RawVsrClient.ReadPoll(await newer.DoAsync(100, Poll(1, stream, topic, 0, FromOffset, 0, 10))).Messages[0].IdLow);
    }

    [Fact]
    public async Task Offsets_OfBothDialects_AreOneTable()
    {
        var (classic, stream, topic) = await fixture.NewTopicAsync(1);
        using var _ = classic;
        using var newer = await RawVsrClient.LogInAsync(fixture.Server.Tcp);
        byte[] Of(byte[] consumer, byte flag = 1) => Join(U8(1), consumer, stream, topic, U8(flag), U32(0));
        Assert.Equal(4100u, (await newer.AskAsync(121, Of(Id(1)), U64(0), U8(1))).Status);
        await newer.DoAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, [1], [], T), new VsrMessage(2, [1], [], T)));
        Assert.Equal(3u, (await newer.AskAsync(121, Of(Id(1)), U64(1), U8(2))).Status); // no such acknowledgement
        Assert.Equal(3u, (await newer.AskAsync(121, Of(Id(1)), U64(1))).Status); // none at all
        Assert.Equal(20u, (await newer.AskAsync(121, Of(Id(1), flag: 0), U64(1), U8(1))).Status);
        await newer.DoAsync(121, Of(Id("billing")), U64(1), U8(1));
        Assert.Equal(Join(U32(0), U64(1), U64(1)), await classic.DoAsync(120, Of(Id("billing"))));
        await classic.DoAsync(121, Of(Id(9)), U64(0));
        Assert.Equal(Join(U32(0), U64(1), U64(0)), await newer.DoAsync(120, Of(Id(9))));
        await newer.DoAsync(122, Of(Id(9)), U8(0));
        Assert.Equal(3021u, (await newer.AskAsync(122, Of(Id(9)), U8(0))).Status);
        Assert.Empty(await classic.DoAsync(120, Of(Id(9))));
    }

    private static object Fields(RawMessage one) =>
        (one.IdLow, one.IdHigh, one.Offset, one.Timestamp, one.OriginTimestamp, one.Reserved, Convert.ToHexString(one.Payload), Convert.ToHexString(one.Headers));

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static byte[] HeadersOf(int count) => count < 20 ? [] : [2, 1, 0, 0, 0, (byte)'k', 1, (byte)count, 0, 0, 0, .. Bytes(count)];
}
