using System.Text;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>Which polls a command line becomes, and how messages are printed.</summary>
public sealed class PollCommandTests
{
    private static readonly TopicDetails _threePartitions = new(
        new(4, 1, 3, ProtocolLimits.Unlimited, CompressionAlgorithm.None, ProtocolLimits.Unlimited, 1, 0, 0, "t"), [new(0, 1, 1, 0, 0, 0), new(1, 1, 1, 0, 0, 0), new(2, 1, 1, 0, 0, 0)]);

    private static byte[] Poll(params (string Payload, byte[] Headers)[] messages) => PollUpTo(messages.Length == 0 ? 9ul : 4 + (ulong)messages.Length, messages);

    private static byte[] PollUpTo(ulong current, params (string Payload, byte[] Headers)[] messages) => PollOf(1, 5, current, messages);

    private static byte[] PollOf(uint partition, ulong offset, ulong current, params (string Payload, byte[] Headers)[] messages)
    {
        var reply = new byte[16 + messages.Sum(message => 64 + Encoding.UTF8.GetByteCount(message.Payload) + message.Headers.Length)];
        PollMessagesReply.WriteHead(reply, partition, current, (uint)messages.Length);
        var at = 16;
        foreach (var (payload, headers) in messages)
            at += ClassicMessageWriter.Write(reply.AsSpan(at), new() { Id = 42, Offset = offset++, TimestampMicros = 1_000_000, OriginTimestampMicros = 7 }, Encoding.UTF8.GetBytes(payload), headers);
        return Ok(reply);
    }

    private static byte[] Header(string key, string value)
    {
        byte[] block = [2, (byte)key.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(key), 2, (byte)value.Length, 0, 0, 0, .. Encoding.UTF8.GetBytes(value)];
        return block;
    }

    private static PollMessagesRequest[] Polls(ToolResult result) =>
        [.. result.Requests.Where(request => request.Code == 100).Select(request => Tool.Read<PollMessagesRequest>(request.Payload))];

    [Theory]
    [InlineData("m p s t 3", 5, 0ul, 1u, false)]
    [InlineData("m p -o 7 -m 9 s t 3", 1, 7ul, 9u, false)]
    [InlineData("message poll s t 3 --first --message-count 2 --auto-commit", 3, 0ul, 2u, true)]
    [InlineData("m p -l -a s t 3", 4, 0ul, 1u, true)]
    [InlineData("m p -n s t 3", 5, 0ul, 1u, false)]
    public async Task Poll_Options_BecomeTheRequest(string arguments, int kind, ulong value, uint count, bool autoCommit)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments, (_, _) => Poll());
        Assert.Equal(
            Tool.Bytes(new PollMessagesRequest(new(new(ConsumerKind.Single, new(0)), new("s"), new("t"), 3), new((PollingKind)kind, value), count, autoCommit)),
            result.Request.Payload);
        Assert.Contains("No messages", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_AsJson_HasPayloadTextAndHeaders()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 -m 10 -c me --output json", (_, _) => Poll(("one", Header("k", "v"))));
        Assert.StartsWith("""{"partition_id":1,"current_offset":5,"messages":[{"partition_id":1,"offset":5,"id":"42","timestamp":1000000,"origin_timestamp":7,"checksum":""", result.Out, StringComparison.Ordinal);
        Assert.EndsWith("""payload":"b25l","text":"one","user_headers":[{"key":{"kind":"string","value":"k"},"value":{"kind":"string","value":"v"}}]}],"count":1}""" + Environment.NewLine, result.Out, StringComparison.Ordinal);
    }

    // Goal: as many messages as were asked for, although a reply holds fewer. Method: replies of two messages, offsets 5 to 9, one reply short.
    [Fact]
    public async Task Poll_MoreThanOneReplyHolds_GoesOnBehindTheLast()
    {
        using var tool = new Tool();
        var polls = 0;
        var result = await tool.RunAsync("m p s t 1 -f -m 5 --output json", (_, _) => polls++ == 0 ? PollUpTo(9, ("a", []), ("b", [])) : PollUpTo(9, ("c", []), ("d", []), ("e", [])));
        var requests = result.Requests.Where(request => request.Code == 100).Select(request => request.Payload).ToArray();
        var address = new ConsumerAddress(new(ConsumerKind.Single, new(0)), new("s"), new("t"), 1);
        Assert.Equal(
            [Tool.Bytes(new PollMessagesRequest(address, PollingStrategy.First, 5, false)), Tool.Bytes(new PollMessagesRequest(address, PollingStrategy.FromOffset(7), 3, false))],
            requests);
        Assert.Contains("\"count\":5", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Poll_ShowHeaders_PrintsThem()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 -s", (_, _) => Poll(("one", Header("k", "v"))));
        Assert.Contains("k:string:v", result.Out, StringComparison.Ordinal);
        Assert.Contains("one", result.Out, StringComparison.Ordinal);
    }

    // Goal: all partitions are read to the end that each had, one after the other. Method: 0 has three messages in two replies, 1 none, 2 one.
    [Fact]
    public async Task Poll_NoPartition_ReadsAllToTheirEnds()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t -f -e --format '{partition}:{offset}={payload}'", (code, request) =>
        {
            if (code == 302 || code == 300)
                return Ok(Tool.Bytes(_threePartitions));
            var poll = Tool.Read<PollMessagesRequest>(request);
            return (poll.Address.PartitionId, poll.Strategy.Kind) switch
            {
                (0, PollingKind.First) => PollOf(0, 0, 2, ("a", []), ("b", [])),
                (0, _) => PollOf(0, 2, 7, ("c", [])), // more has come meanwhile; the end stays
                (1, _) => PollOf(1, 0, 0),
                _ => PollOf(2, 9, 9, ("z", [])),
            };
        });
        Assert.Equal(("0:0=a\n0:1=b\n2:9=z\n0:2=c\n", ""), (result.Out, result.Error));
    }

    [Fact]
    public async Task Poll_NoSuchTopic_IsNotFound()
    {
        using var tool = new Tool();
        Assert.Equal(ExitCode.NotFound, (await tool.RunAsync("m p s t")).Code);
    }

    [Theory]
    [InlineData("--timestamp 1970-01-01T00:00:02Z", 2_000_000ul)]
    [InlineData("--timestamp 1970-01-01T02:00:02+02:00", 2_000_000ul)]
    [InlineData("--timestamp 77", 77ul)]
    public async Task Poll_Timestamp_StartsThere(string start, ulong micros)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"m p s t 0 {start}", (_, _) => Poll());
        Assert.Equal(PollingStrategy.FromTimestamp(micros), Assert.Single(Polls(result)).Strategy);
    }

    [Fact]
    public async Task Poll_Since_StartsSoLongAgo()
    {
        using var tool = new Tool();
        var before = TimeProvider.System.GetUtcNow();
        var result = await tool.RunAsync("m p s t 0 --since 1h", (_, _) => Poll());
        var start = DateTimeOffset.UnixEpoch.AddMicroseconds(Assert.Single(Polls(result)).Strategy.Value);
        Assert.InRange(start, before.AddHours(-1).AddSeconds(-1), TimeProvider.System.GetUtcNow().AddHours(-1).AddSeconds(1));
    }

    // Goal: a member joins, stores what was printed before it asks for more, and leaves.
    [Fact]
    public async Task Poll_Group_StoresWhatWasPrinted()
    {
        using var tool = new Tool();
        var polls = 0;
        var result = await tool.RunAsync("m p s t --group g -e --format '{payload}'", (code, _) => code switch
        {
            600 => Ok(Tool.Bytes(new ConsumerGroupDetails(new(1, 1, 0, "g"), []))),
            100 => polls++ == 0 ? PollOf(3, 5, 6, ("a", []), ("b", [])) : PollOf(3, 0, 6),
            _ => Empty(),
        });
        Assert.Equal("a\nb\n", result.Out);
        Assert.Equal([604u, 600u, 100u, 121u, 100u, 605u], result.Requests.Select(request => request.Code).Where(code => code is not (38 or 44)));
        Assert.Equal(new Consumer(ConsumerKind.Group, new("g")), Polls(result)[0].Address.Consumer);
        Assert.Equal(new StoreConsumerOffsetRequest(new(new(ConsumerKind.Group, new("g")), new("s"), new("t"), 3), 6), Tool.Read<StoreConsumerOffsetRequest>(result.Requests.Single(request => request.Code == 121).Payload));
    }

    [Theory]
    [InlineData("{offset}|{id}|{size}|{header:k}|{key}|{headers}", "5|42|3|v||k:string:v\n")]
    [InlineData(@"{payload_hex}\t{payload_base64}\n", "6f6e65\tb25l\n")]
    [InlineData(@"{{{partition}}}\0", "{1}\0")]
    [InlineData("{timestamp_us} {origin_timestamp_us}", "1000000 7\n")]
    public async Task Poll_Format_IsFilledIn(string template, string expected)
    {
        using var tool = new Tool();
        Assert.Equal(expected, (await tool.RunAsync($"m p s t 1 --format '{template}'", (_, _) => Poll(("one", Header("k", "v"))))).Out);
    }

    [Theory]
    [InlineData("--format {nothing}")]
    [InlineData("--format {offset")]
    [InlineData("--timestamp yesterday")]
    [InlineData("--since soon")]
    [InlineData("--until-end --follow")]
    [InlineData("--last --until-end")]
    [InlineData("--first --since 1h")]
    [InlineData("0 --group g")]
    [InlineData("--group g --first")]
    [InlineData("--group g --consumer c")]
    public async Task Poll_OptionsThatDoNotFit_AreUsage(string arguments)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"m p s t {arguments}", (_, _) => Poll());
        Assert.Equal((ExitCode.Usage, ""), (result.Code, result.Out));
    }

    // Goal: nothing of a message breaks the table, and later rows may be wider.
    [Fact]
    public async Task Poll_Table_HasARowForEachMessage()
    {
        using var tool = new Tool();
        var polls = 0;
        var result = await tool.RunAsync("m p s t 1 -f -m 2", (_, _) => polls++ == 0 ? PollOf(1, 0, 1, ("a\nb", [])) : PollOf(1, 1, 1, (new string('x', 50), [])));
        Assert.Equal(
            [
                "+--------+----------------------------+----+---------+",
                "| Offset | Timestamp                  | ID | Payload |",
                "+--------+----------------------------+----+---------+",
                "| 0      | 1970-01-01 00:00:01.000000 | 42 | a\u00b7b     |",
                $"| 1      | 1970-01-01 00:00:01.000000 | 42 | {new string('x', 50)} |",
                "+--------+----------------------------+----+---------+",
                "2 messages of partition 1; the current offset is 1.",
            ],
            result.Out.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Poll_AsToml_IsATableForEachMessage()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 -f -m 2 --output toml", (_, _) => Poll(("one", Header("k", "v")), ("two", [])));
        var document = Tomlyn.TomlSerializer.Deserialize<Tomlyn.Model.TomlTable>(result.Out)!;
        Assert.Equal(["one", "two"], ((Tomlyn.Model.TomlTableArray)document["messages"]).Select(message => message["text"]));
    }

    // Goal: a few messages of the end cost one request; many are read in pieces. Method: 1000 of a partition whose end is at 5000.
    [Fact]
    public async Task Poll_ManyLast_AreReadFromTheRightOffset()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("m p s t 1 --last -m 1000 --format '{offset}'", (_, request) =>
            Tool.Read<PollMessagesRequest>(request).Strategy.Kind is PollingKind.Last ? PollOf(1, 5000, 5000, ("end", [])) : PollOf(1, 4999, 5000, ("a", []), ("b", [])));
        Assert.Equal([PollingStrategy.Last, PollingStrategy.FromOffset(4001)], Polls(result).Select(poll => poll.Strategy));
        Assert.Equal("4999\n5000\n", result.Out);
    }
}
