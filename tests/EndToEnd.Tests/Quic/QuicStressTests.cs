using System.Buffers.Binary;
using Iggy.Quic.Tests;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>Many small requests side by side on one connection, every byte of every reply compared.</summary>
[Trait("kind", "process")]
public sealed class QuicStressTests(QuicServerFixture fixture) : IClassFixture<QuicServerFixture>
{
    private const int Workers = 32, Rounds = 40;

    // Goal: no reply is ever another's, cut, doubled or changed, on a good network and on bad ones. Each worker has a partition of its own, so what it
    // must be answered is known to the byte.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 2)]
    [InlineData(0.03, 1)]
    [InlineData(0.03, 2)]
    public async Task Replies_ToManyRequestsSideBySide_AreRightToTheByte(double share, int seed)
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        await using var relay = new LossyRelay(fixture.Server.Quic, share == 0 ? static (_, packet) => [packet] : LossyRelay.Share(share, seed));
        using var connection = await RawQuicStream.ConnectAsync(share == 0 && seed == 1 ? fixture.Server.Quic : relay.Address);
        Task<byte[]> AskAsync(byte[] frame) => RawQuicStream.ExchangeAsync(connection.Connection, frame);

        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(await AskAsync(Frame(38, RawClient.Login("iggy", "iggy")))));
        var name = ServerFixture.NewName() + "-stress";
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(await AskAsync(Frame(202, Name(name)))));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(await AskAsync(Frame(302, NewTopic(Id(name), "t", Workers)))));
        var me = await AskAsync(Frame(20));

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            var random = new Random(1000 * seed + worker);
            for (var round = 0; round < Rounds; round++)
            {
                var payload = new byte[random.Next(1, random.Next(2) == 0 ? 40 : 3000)];
                random.NextBytes(payload);
                AssertSame(new byte[8], await AskAsync(Frame(101, Messages(Id(name), Id("t"), ToPartition((uint)worker), ((ulong)round + 1, payload, [])))), "send", worker, round);

                var polled = await AskAsync(Frame(100, Poll(1, Id(name), Id("t"), (uint)worker, 1, (ulong)round, 10)));
                Assert.Equal((0u, polled.Length - 8), (BinaryPrimitives.ReadUInt32LittleEndian(polled), BinaryPrimitives.ReadInt32LittleEndian(polled.AsSpan(4))));
                var (partition, current, messages) = ReadPoll(polled.AsSpan(8));
                Assert.Equal(((uint)worker, (ulong)round, 1), (partition, current, messages.Count));
                AssertSame(payload, messages[0].Payload, "poll", worker, round);

                AssertSame(new byte[8], await AskAsync(Frame(1)), "ping", worker, round);
                AssertSame(me, await AskAsync(Frame(20)), "get_me", worker, round);
            }
        }));
    }

    private static void AssertSame(byte[] expected, byte[] actual, string what, int worker, int round)
    {
        if (!actual.AsSpan().SequenceEqual(expected))
            Assert.Fail($"The reply to {what} {round} of worker {worker}: {actual.Length} B, {Convert.ToHexString(actual.AsSpan(0, Math.Min(actual.Length, 64)))}; expected {expected.Length} B.");
    }
}
