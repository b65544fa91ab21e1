using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Every reply that released clients read.</summary>
public class CapturedReplyTests
{
    private static readonly CommandCode[] Optional =
    [
        CommandCode.GetClient, CommandCode.GetUser, CommandCode.GetStream, CommandCode.GetTopic, CommandCode.GetConsumerGroup, CommandCode.GetConsumerOffset,
    ];

    [Fact]
    public void AllLines_DecodedAndEncoded_AreTheSameBytes()
    {
        var compared = 0;
        foreach (var vector in Vectors.Replies)
        {
            var isMissing = vector.Payload.Length == 0 && Optional.Contains(vector.Code);
            if (vector.Code is CommandCode.Ping or CommandCode.GetSnapshot || isMissing)
                continue; // nothing to decode: an empty reply, a ZIP archive, "not there"

            var (error, written) = ReplyCodecs.All[vector.Code](vector.Payload);
            Assert.True(error is IggyError.None, $"{vector.Where}: {error}");
            Assert.Equal($"{vector.Where} {Convert.ToHexString(vector.Payload)}", $"{vector.Where} {Convert.ToHexString(written)}");
            compared++;
        }
        Assert.True(compared >= 28, $"only {compared} compared");
    }

    [Fact]
    public void Clients_OneNotLoggedIn_HasNoUser()
    {
        var payload = Assert.Single(Vectors.Replies, v => v.Code is CommandCode.GetClients).Payload;
        Assert.Equal(IggyError.None, ClientRecord.TryReadList(payload, out var clients));
        Assert.Equal(
            [
                new ClientRecord(163361442, 0, TransportKind.Tcp, "127.0.0.1:50000", 1),
                new ClientRecord(99, ProtocolLimits.NoUser, TransportKind.Tcp, "10.0.0.2:4000", 0),
            ],
            clients);
    }

    [Fact]
    public void Streams_NameNotAscii_IsReadAsText()
    {
        var payload = Assert.Single(Vectors.Replies, v => v.Code is CommandCode.GetStreams && v.Payload.Length > 0).Payload;
        Assert.Equal(IggyError.None, StreamRecord.TryReadList(payload, out var streams));
        Assert.Equal(["orders", "zażółć"], streams.Select(stream => stream.Name));
    }

    [Fact]
    public void Tokens_OneWithoutEnd_ExpiresAtZero()
    {
        var payload = Assert.Single(Vectors.Replies, v => v.Code is CommandCode.GetPersonalAccessTokens && v.Payload.Length > 0).Payload;
        Assert.Equal(IggyError.None, TokenRecord.TryReadList(payload, out var tokens));
        Assert.Equal([new TokenRecord("tok-1", 0), new TokenRecord("tok-2", 1_764_003_600_000_000)], tokens);
    }
}
