using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary><c>consumer-offset reset</c> and <c>delete</c>, and <c>consumer-group describe</c>. Partition 0 has offsets 0 to 9, 1 is empty, 2 has 5 to 7.</summary>
public sealed class OffsetCommandTests
{
    private static readonly TopicDetails _topic = new(
        new(4, 1, 3, ProtocolLimits.Unlimited, CompressionAlgorithm.None, ProtocolLimits.Unlimited, 1, 0, 13, "t"),
        [new(0, 1, 1, 9, 100, 10), new(1, 1, 1, 0, 0, 0), new(2, 1, 1, 7, 30, 3)]);

    // What is stored: 3 of partition 0, nothing else.
    private static byte[] Answer(uint code, byte[] request)
    {
        switch ((CommandCode)code)
        {
            case CommandCode.GetTopic:
                return Ok(Tool.Bytes(_topic));
            case CommandCode.GetConsumerOffset:
                return Tool.Read<GetConsumerOffsetRequest>(request).Address.PartitionId == 0 ? Ok(Tool.Bytes(new ConsumerOffsetReply(0, 9, 3))) : Empty();
            case CommandCode.GetConsumerGroup:
                return Ok(Tool.Bytes(new ConsumerGroupDetails(new(1, 3, 1, "g"), [new(77, [0, 2])])));
            case CommandCode.PollMessages:
                var reply = new byte[16 + 64 + 1];
                PollMessagesReply.WriteHead(reply, 0, 9, 1);
                ClassicMessageWriter.Write(reply.AsSpan(16), new() { Offset = 6 }, "x"u8, []);
                return Ok(reply);
            default:
                return Empty();
        }
    }

    private static async Task<ToolResult> RunAsync(string arguments)
    {
        using var tool = new Tool();
        return await tool.RunAsync(arguments, Answer);
    }

    private static string[] Changes(ToolResult result) =>
    [
        .. result.Requests.Where(request => request.Code is 121 or 122).Select(request => request.Code == 121
            ? $"{Tool.Read<StoreConsumerOffsetRequest>(request.Payload).Address.PartitionId}={Tool.Read<StoreConsumerOffsetRequest>(request.Payload).Offset}"
            : $"{Tool.Read<DeleteConsumerOffsetRequest>(request.Payload).Address.PartitionId}=none"),
    ];

    [Theory]
    [InlineData("--to-first", "0=none")]
    [InlineData("--to-last", "0=9,2=7")]
    [InlineData("0 --to-offset 0", "0=none")]
    [InlineData("0 --to-offset 8", "0=7")]
    [InlineData("0 --to-offset 10", "0=9")]
    [InlineData("0 --to-time 1970-01-02", "0=5")]
    [InlineData("0 --to-offset 4", "")]
    public async Task Reset_Yes_StoresOneBelowWhatComesNext(string arguments, string expected)
    {
        var result = await RunAsync($"offset reset me s t {arguments} --yes");
        Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
        Assert.Equal(expected, string.Join(',', Changes(result)));
    }

    [Theory]
    [InlineData("offset reset me s t --to-last")]
    [InlineData("consumer-offset delete me s t")]
    public async Task Change_NotConfirmed_IsOnlyShown(string arguments)
    {
        var result = await RunAsync(arguments);
        Assert.Equal(ExitCode.Ok, result.Code);
        Assert.Empty(Changes(result));
        Assert.Contains("Nothing was changed; --yes does it.", result.Out, StringComparison.Ordinal);
        Assert.Matches(@"\| 0 +\| 3 +\|", result.Out);
    }

    [Fact]
    public async Task Delete_Yes_ForgetsWhatIsStored() => Assert.Equal(["0=none"], Changes(await RunAsync("offset delete me s t --execute")));

    [Theory]
    [InlineData("offset reset me s t", 2)]
    [InlineData("offset reset me s t --to-first --to-last", 2)]
    [InlineData("offset reset me s t 0 --to-offset 11", 2)]
    [InlineData("offset reset me s t 7 --to-first", 4)]
    public async Task Reset_ThatCannotBe_IsRefused(string arguments, int code) => Assert.Equal((ExitCode)code, (await RunAsync(arguments)).Code);

    [Fact]
    public async Task Describe_Group_HasLagAndMemberOfEachPartition()
    {
        var result = await RunAsync("group describe s t g --output json");
        Assert.Equal(
            """{"id":1,"name":"g","members_count":1,"lag":9,"partitions":[{"partition_id":0,"current_offset":9,"stored_offset":3,"lag":6,"member_id":77},{"partition_id":1,"current_offset":0,"lag":0},{"partition_id":2,"current_offset":7,"lag":3,"member_id":77}]}""",
            result.Out.TrimEnd());
    }
}
