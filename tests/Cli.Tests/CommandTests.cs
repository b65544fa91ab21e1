using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>Which request a command line becomes. Names, aliases and the order of arguments are upstream's.</summary>
public sealed class CommandTests
{
    private static readonly StreamRecord _stream = new(3, 1_000_000, 1, 64, 2, "orders");
    private static readonly TopicRecord _topic = new(4, 1_000_000, 1, ProtocolLimits.Unlimited, CompressionAlgorithm.None, ProtocolLimits.Unlimited, 1, 64, 2, "events");
    private static readonly TopicDetails _topicDetails = new(_topic, [new(0, 1_000_000, 1, 1, 64, 2)]);

    private static byte[] Answer(uint code, byte[] request) => (CommandCode)code switch
    {
        CommandCode.CreateStream => Ok(Tool.Bytes(_stream)),
        CommandCode.CreateTopic or CommandCode.GetTopic => Ok(Tool.Bytes(_topicDetails)),
        CommandCode.GetStreams => Ok(Tool.Bytes(_stream)),
        CommandCode.GetTopics => Ok(Tool.Bytes(_topic)),
        CommandCode.GetStream => Ok(Tool.Bytes(new StreamDetails(_stream, [_topic]))),
        CommandCode.GetConsumerOffset => Ok(Tool.Bytes(new ConsumerOffsetReply(1, 9, 8))),
        _ => Empty(),
    };

    private static async Task SendsAsync<T>(string arguments, T expected) where T : IWireRequest<T>
    {
        using var tool = new Tool();
        var result = await tool.RunAsync(arguments, Answer);
        Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
        Assert.Equal((uint)T.Code, result.Request.Code);
        Assert.Equal(Tool.Bytes(expected), result.Request.Payload);
    }

    private static ConsumerAddress Address(Consumer consumer) => new(consumer, new("s"), new(2), 3);

    [Theory]
    [InlineData("stream create orders")]
    [InlineData("s c orders")]
    [InlineData("stream create -s 7 orders")]
    public Task StreamCreate(string arguments) => SendsAsync(arguments, new CreateStreamRequest("orders"));

    [Theory]
    [InlineData("stream delete 12")]
    [InlineData("s d 12")]
    public Task StreamDelete_Digits_AreANumber(string arguments) => SendsAsync(arguments, new DeleteStreamRequest(new(12)));

    [Fact]
    public Task StreamDelete_AnythingElse_IsAName() => SendsAsync("stream delete 12a", new DeleteStreamRequest(new("12a")));

    [Fact]
    public Task StreamUpdate() => SendsAsync("s u 1 'new name'", new UpdateStreamRequest(new(1), "new name"));

    [Fact]
    public Task StreamPurge() => SendsAsync("s p orders", new PurgeStreamRequest(new("orders")));

    [Fact]
    public Task TopicCreate_Defaults_AreLeftToTheServer() =>
        SendsAsync("topic create s events 3 none", new CreateTopicRequest(new("s"), 3, CompressionAlgorithm.None, 0, 0, 1, "events"));

    [Theory]
    [InlineData("topic create s events 3 gzip 1day 2hours --max-topic-size 10GB --replication-factor 2")]
    [InlineData("t c -m 10GB -r 2 -t 5 s events 3 gzip '1day 2hours'")]
    public Task TopicCreate_EverySetting_IsSent(string arguments) =>
        SendsAsync(arguments, new CreateTopicRequest(new("s"), 3, CompressionAlgorithm.Gzip, 93_600_000_000, 10_000_000_000, 2, "events"));

    [Fact]
    public Task TopicUpdate() =>
        SendsAsync("t u s 2 name none never -m unlimited", new UpdateTopicRequest(new("s"), new(2), CompressionAlgorithm.None, ProtocolLimits.Unlimited, ProtocolLimits.Unlimited, 1, "name"));

    [Fact]
    public Task TopicDelete() => SendsAsync("t d s 2", new DeleteTopicRequest(new("s"), new(2)));

    [Fact]
    public Task TopicPurge() => SendsAsync("t p s 2", new PurgeTopicRequest(new("s"), new(2)));

    [Fact]
    public Task PartitionCreate() => SendsAsync("p c s 2 5", new CreatePartitionsRequest(new("s"), new(2), 5));

    [Fact]
    public Task PartitionDelete() => SendsAsync("partition delete s 2 5", new DeletePartitionsRequest(new("s"), new(2), 5));

    [Fact]
    public Task SegmentDelete() => SendsAsync("seg d s 2 3 5", new DeleteSegmentsRequest(new("s"), new(2), 3, 5));

    [Fact]
    public Task MessageFlush() => SendsAsync("m f -f s 2 3", new FlushUnsavedBufferRequest(new("s"), new(2), 3, true));

    [Fact]
    public Task OffsetSet() => SendsAsync("o s me s 2 3 77", new StoreConsumerOffsetRequest(Address(new(ConsumerKind.Single, new("me"))), 77));

    [Fact]
    public Task OffsetGet_OfAGroup() => SendsAsync("o g 6 s 2 3 -k consumer-group", new GetConsumerOffsetRequest(Address(new(ConsumerKind.Group, new(6)))));

    [Fact]
    public async Task StreamList_AsJson_HasTheNamesOfTheHttpApi()
    {
        using var tool = new Tool();
        Assert.Equal(
            """[{"id":3,"created_at":1000000,"name":"orders","size_bytes":64,"messages_count":2,"topics_count":1}]""" + Environment.NewLine,
            (await tool.RunAsync("stream list --output json", Answer)).Out);
    }

    [Fact]
    public async Task TopicGet_AsJson_HasItsPartitions()
    {
        using var tool = new Tool();
        Assert.Contains(
            """partitions_count":1,"partitions":[{"id":0,"created_at":1000000,"segments_count":1,"current_offset":1,"size_bytes":64,"messages_count":2}]}""",
            (await tool.RunAsync("t g s 2 --output json", Answer)).Out,
            StringComparison.Ordinal);
    }

    // Goal: tables are whole when piped, however wide, and what comes from the server is never markup.
    [Theory]
    [InlineData("stream list")]
    [InlineData("stream get 3")]
    [InlineData("stream list -l list")]
    public async Task Print_NameThatLooksLikeMarkup_IsPrintedAsItIs(string arguments)
    {
        using var tool = new Tool();
        var record = _stream with { Name = "[red]" + new string('x', 240) + "[/]", TopicsCount = 0 };
        var result = await tool.RunAsync(arguments, (code, _) => Ok(Tool.Bytes(record)));
        Assert.Equal(ExitCode.Ok, result.Code);
        Assert.Contains(record.Name, result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_LeavesSentencesOut()
    {
        using var tool = new Tool();
        Assert.Equal("", (await tool.RunAsync("-q stream create orders", Answer)).Out);
    }

    [Fact]
    public async Task Create_AsJson_PrintsTheRecord()
    {
        using var tool = new Tool();
        Assert.StartsWith("""{"id":3,""", (await tool.RunAsync("stream create orders --output json", Answer)).Out, StringComparison.Ordinal);
    }

    // Goal: every command explains itself. Method: help of each path in the tree.
    [Theory]
    [InlineData("")]
    [InlineData("stream")]
    [InlineData("topic create")]
    [InlineData("message send")]
    [InlineData("message poll")]
    [InlineData("consumer-offset set")]
    public async Task Help_OfACommand_IsPrinted(string path)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"{path} --help");
        Assert.Equal(ExitCode.Ok, result.Code);
        Assert.Contains("Usage:", result.Out, StringComparison.Ordinal);
        Assert.Empty(result.Requests);
        if (path.Length == 0)
            Assert.Matches(@"(?s)Exit codes:.*4\s+what was asked for does not exist", result.Out);
    }
}
