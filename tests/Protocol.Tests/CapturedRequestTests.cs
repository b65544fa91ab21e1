using System.Globalization;
using System.Text.RegularExpressions;
using Iggy.Protocol.Classic;

namespace Iggy.Protocol.Tests;

/// <summary>Every request that was captured from released clients.</summary>
public partial class CapturedRequestTests
{
    private static readonly CommandCode[] WithoutBody =
    [
        CommandCode.Ping, CommandCode.GetStats, CommandCode.GetClusterMetadata, CommandCode.GetMe, CommandCode.GetClients, CommandCode.GetUsers,
        CommandCode.LogoutUser, CommandCode.GetPersonalAccessTokens, CommandCode.GetStreams,
    ];

    // Goal: the enum and the codecs cover the protocol. Method: every command has a body codec or is listed as having none.
    [Fact]
    public void Codecs_OfAllCommands_AreThereOrNotNeeded()
    {
        var known = Enum.GetValues<CommandCode>().Where(code => code.IsClassic());
        Assert.Equal(known.Order(), RequestCodecs.All.Keys.Concat(WithoutBody).Order());
        Assert.Equal(47, known.Count());
    }

    [Fact]
    public void Names_OfAllLines_AreTheEnumsNames()
    {
        foreach (var vector in Vectors.Requests.Concat(Vectors.Replies))
            Assert.Equal(vector.Name, Upper().Replace(vector.Code.ToString(), match => (match.Index == 0 ? "" : "_") + match.Value.ToLowerInvariant()));
    }

    // Goal: values, codes and bytes are what the notes say. Method: the decoded values are put into the note's own words, then encoded again.
    [Fact]
    public void AllLines_Decoded_SayWhatTheNoteSays()
    {
        var (compared, refused) = (0, 0);
        foreach (var vector in Vectors.Requests)
        {
            if (WithoutBody.Contains(vector.Code))
            {
                Assert.True(vector is { Payload: [], Note: "no arguments" }, vector.Where);
                continue;
            }

            var decoded = RequestCodecs.All[vector.Code](vector.Payload);
            if (Answered().Match(vector.Note) is { Success: true } answered && IsDecodersBusiness(answered, out var code))
            {
                Assert.True(decoded.Error == code, $"{vector.Where}: {decoded.Error}, not {code}: {vector.Note}");
                refused++;
                continue;
            }

            Assert.True(decoded.Error is IggyError.None, $"{vector.Where}: {decoded.Error}: {vector.Note}");
            AssertSameBytes(vector, decoded);
            if (vector.Note.StartsWith("asked for message key", StringComparison.Ordinal))
                continue; // told in prose: see Key_CutByItsClient_ArrivesCut
            Assert.Equal($"{vector.Where} {Values(vector.Note)}", $"{vector.Where} {decoded.Text}");
            compared++;
        }
        Assert.True(compared > 150 && refused >= 6, $"{compared} compared, {refused} refused");
    }

    [Fact]
    public void Key_CutByItsClient_ArrivesCut()
    {
        var vector = Assert.Single(Vectors.Requests, v => v.Note.StartsWith("asked for message key", StringComparison.Ordinal));
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(vector.Payload, out var request));
        Assert.Equal(PartitioningKind.MessagesKey, request.Partitioning.Kind);
        Assert.Equal(4, request.Partitioning.Value.Length);
        Assert.Equal((UInt128)1, ClassicMessageHeader.At(request.Messages).Id);
    }

    // Goal: the views of the hot path read the same as the requests they stand for.
    [Fact]
    public void Views_OfAllLines_EqualTheRequests()
    {
        foreach (var vector in Vectors.Requests)
        {
            switch (vector.Code)
            {
                case CommandCode.PollMessages:
                    Assert.Equal(IggyError.None, PollMessagesView.TryRead(vector.Payload, out var poll));
                    Assert.Equal(IggyError.None, PollMessagesRequest.TryRead(vector.Payload, out var pollRequest));
                    Assert.Equal(pollRequest, new(poll.Address.ToAddress(), poll.Strategy, poll.Count, poll.AutoCommit));
                    AssertTopicKey(vector.Payload[poll.Address.TopicKey], poll.Address.Stream, poll.Address.Topic);
                    break;
                case CommandCode.StoreConsumerOffset:
                    Assert.Equal(IggyError.None, StoreConsumerOffsetView.TryRead(vector.Payload, out var store));
                    Assert.Equal(IggyError.None, StoreConsumerOffsetRequest.TryRead(vector.Payload, out var storeRequest));
                    Assert.Equal(storeRequest, new(store.Address.ToAddress(), store.Offset));
                    AssertTopicKey(vector.Payload[store.Address.TopicKey], store.Address.Stream, store.Address.Topic);
                    break;
                case CommandCode.GetConsumerOffset or CommandCode.DeleteConsumerOffset:
                    Assert.Equal(IggyError.None, ConsumerAddressView.TryRead(vector.Payload, out var address));
                    Assert.Equal(IggyError.None, ConsumerAddress.TryRead(vector.Payload, out var expected));
                    Assert.Equal(expected, address.ToAddress());
                    AssertTopicKey(vector.Payload[address.TopicKey], address.Stream, address.Topic);
                    break;
                case CommandCode.SendMessages:
                    Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(vector.Payload, out var send));
                    AssertTopicKey(vector.Payload[send.TopicKey], send.Stream, send.Topic);
                    break;
                default:
                    break;
            }
        }
    }

    private static void AssertTopicKey(byte[] key, IdentifierView stream, IdentifierView topic)
    {
        var reader = new WireReader(key);
        Assert.Equal(stream.ToIdentifier(), reader.Identifier());
        Assert.Equal(topic.ToIdentifier(), reader.Identifier());
        Assert.True(reader.IsAtEnd);
    }

    private static void AssertSameBytes(Vector vector, Decoded decoded)
    {
        if (vector.Code is CommandCode.SendMessages)
        {
            // Of a send only what the server keeps is written again: checksum, time and offset are the client's whims.
            Assert.Equal(vector.Payload.Length, decoded.Written.Length);
            Assert.Equal(decoded.Text, RequestCodecs.All[vector.Code](decoded.Written).Text, WhimsApart);
            return;
        }
        var added = Added().Match(vector.Note) is { Success: true } match ? Convert.FromHexString(match.Groups[1].Value) : [];
        Assert.Equal($"{vector.Where} {Convert.ToHexString(vector.Payload)}", $"{vector.Where} {Convert.ToHexString([.. decoded.Written, .. added])}");
    }

    private static bool WhimsApart(string? one, string? other) => Whims().Replace(one!, "") == Whims().Replace(other!, "");

    // Other codes are given by the command that runs the request, not by its decoder.
    private static bool IsDecodersBusiness(Match answered, out IggyError code)
    {
        code = (IggyError)uint.Parse(answered.Groups[1].Value, CultureInfo.InvariantCulture);
        return code is IggyError.InvalidCommand or IggyError.InvalidFormat or IggyError.InvalidMessagesCount;
    }

    private static string Values(string note) => AskedFor().Replace(Added().Replace(Answered().Replace(note, ""), ""), "");

    [GeneratedRegex("; answered ([0-9]+)$")]
    private static partial Regex Answered();

    [GeneratedRegex("; bytes after the last field [0-9]+: ([0-9a-f]+)")]
    private static partial Regex Added();

    [GeneratedRegex("^asked for .*; read as: ", RegexOptions.Singleline)]
    private static partial Regex AskedFor();

    [GeneratedRegex("checksum 0x[0-9a-f]+ |timestamp [0-9]+ ")]
    private static partial Regex Whims();

    [GeneratedRegex("[A-Z]")]
    private static partial Regex Upper();
}
