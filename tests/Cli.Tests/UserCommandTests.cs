using Iggy.Protocol;
using Iggy.Protocol.Classic;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Cli.Tests;

/// <summary>Users, tokens, groups and snapshots: which request a command line becomes, and what is printed of the answer.</summary>
public sealed class UserCommandTests
{
    private static readonly Permissions _some = new(
        GlobalPermissions.ReadStreams | GlobalPermissions.SendMessages,
        [new(1, StreamPermissionFlags.ReadStream, [new(2, TopicPermissionFlags.PollMessages | TopicPermissionFlags.ReadTopic)]), new(7, StreamPermissionFlags.None, [])]);

    private static readonly UserDetails _bob = new(new(5, 1_000_000, UserStatus.Active, "bob"), _some);
    private static readonly ConsumerGroupRecord _group = new(2, 3, 1, "readers");

    private static byte[] Answer(uint code, byte[] request) => (CommandCode)code switch
    {
        CommandCode.CreateUser or CommandCode.GetUser => Ok(Tool.Bytes(_bob)),
        CommandCode.GetUsers => Ok(Tool.Bytes(_bob.User)),
        CommandCode.CreatePersonalAccessToken => Ok(Tool.Bytes(new NewTokenReply("the-secret"))),
        CommandCode.GetPersonalAccessTokens => Ok(Tool.Bytes(new TokenRecord("ci", 0))),
        CommandCode.CreateConsumerGroup or CommandCode.GetConsumerGroups => Ok(Tool.Bytes(_group)),
        CommandCode.GetConsumerGroup => Ok(Tool.Bytes(new ConsumerGroupDetails(_group, [new(9, [0, 2])]))),
        CommandCode.GetSnapshot => Ok([80, 75, 3, 4]),
        _ => Empty(),
    };

    private static async Task<ToolResult> SendsAsync<T>(string arguments, T expected, Tool? given = null) where T : IWireRequest<T>
    {
        using var own = given is null ? new Tool() : null;
        var result = await (given ?? own!).RunAsync(arguments, Answer);
        Assert.Equal((ExitCode.Ok, ""), (result.Code, result.Error));
        Assert.Equal((uint)T.Code, result.Request.Code);
        Assert.Equal(Tool.Bytes(expected), result.Request.Payload);
        return result;
    }

    [Theory]
    [InlineData("user create bob secret")]
    [InlineData("u c bob secret")]
    [InlineData("user create bob secret --user-status active")]
    public Task UserCreate(string arguments) => SendsAsync(arguments, new CreateUserRequest("bob", "secret", UserStatus.Active, null));

    [Theory]
    [InlineData("user create bob secret -u inactive -g read_streams,send_messages -s 1:read_stream#2:poll_messages,read_topic -s 7")]
    [InlineData("user create -g r_str -g s_msg -s 1:r_str#2:p_msg,r_top -s 7 bob secret -u inactive")]
    public Task UserCreate_Permissions_InLongAndShortNames(string arguments) => SendsAsync(arguments, new CreateUserRequest("bob", "secret", UserStatus.Inactive, _some));

    [Theory]
    [InlineData("-g fly")]
    [InlineData("-g read_streams,")]
    [InlineData("-s x:r_str")]
    [InlineData("-s 1:manage_servers")]
    [InlineData("-s 1#2:r_str")]
    [InlineData("-s 1 -s 1")]
    public async Task UserPermissions_ThatAreNone_AreUsage(string arguments)
    {
        using var tool = new Tool();
        var result = await tool.RunAsync($"user permissions bob {arguments}");
        Assert.Equal(ExitCode.Usage, result.Code);
        Assert.DoesNotContain(result.Requests, request => request.Code is not 38);
    }

    [Fact]
    public Task UserPermissions_None_TakesAllAway() => SendsAsync("user permissions bob", new UpdatePermissionsRequest(new("bob"), null));

    [Fact]
    public Task UserDelete() => SendsAsync("user delete 5", new DeleteUserRequest(new(5)));

    [Fact]
    public Task UserName() => SendsAsync("user name bob rob", new UpdateUserRequest(new("bob"), "rob", null));

    [Fact]
    public Task UserStatus_Inactive() => SendsAsync("user status bob inactive", new UpdateUserRequest(new("bob"), null, UserStatus.Inactive));

    [Fact]
    public Task UserPassword_Given() => SendsAsync("user pwd bob old new", new ChangePasswordRequest(new("bob"), "old", "new"));

    [Fact]
    public async Task UserPassword_NotGiven_IsAskedFor()
    {
        using var tool = new Tool { TypedPassword = "typed" };
        await SendsAsync("user password bob old", new ChangePasswordRequest(new("bob"), "old", "typed"), tool);
        Assert.Equal(["New password:"], tool.Questions);
    }

    [Fact]
    public async Task UserGet_ShowsPermissions()
    {
        var text = (await SendsAsync("user get bob", new GetUserRequest(new("bob")))).Out;
        Assert.All(["bob", "active", "read_streams, send_messages", "read_topic, poll_messages"], part => Assert.Contains(part, text, StringComparison.Ordinal));
        var json = (await SendsAsync("user get bob --output json", new GetUserRequest(new("bob")))).Out;
        Assert.Contains("""
            "streams":[{"stream_id":1,"permissions":["read_stream"],"topics":[{"topic_id":2,"permissions":["read_topic","poll_messages"]}]}
            """.Trim(), json, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pat create ci", 0UL)]
    [InlineData("pat c ci never", 0UL)]
    [InlineData("pat create ci 1day 2hours", 93_600_000_000UL)]
    public async Task PatCreate_ShowsTheSecretOnce(string arguments, ulong micros) =>
        Assert.Contains("the-secret", (await SendsAsync(arguments, new CreatePersonalAccessTokenRequest("ci", micros))).Out, StringComparison.Ordinal);

    [Fact]
    public async Task PatCreate_Quiet_PrintsTheSecretAlone() =>
        Assert.Equal("the-secret", (await SendsAsync("-q pat create ci", new CreatePersonalAccessTokenRequest("ci", 0))).Out.Trim());

    [Fact]
    public Task PatDelete() => SendsAsync("pat delete ci", new DeletePersonalAccessTokenRequest("ci"));

    [Fact]
    public async Task PatList_NeverIsAWord()
    {
        using var tool = new Tool();
        Assert.Contains("Name: ci|Expires: never", (await tool.RunAsync("pat list -l list", Answer)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("consumer-group create s 2 readers")]
    [InlineData("g c -g 7 s 2 readers")]
    public Task GroupCreate(string arguments) => SendsAsync(arguments, new CreateConsumerGroupRequest(new("s"), new(2), "readers"));

    [Fact]
    public Task GroupDelete() => SendsAsync("g d s 2 readers", new DeleteConsumerGroupRequest(new("s"), new(2), new("readers")));

    [Fact]
    public async Task GroupGet_ShowsMembers()
    {
        var result = await SendsAsync("g get s 2 readers --output list", new GetConsumerGroupRequest(new("s"), new(2), new("readers")));
        Assert.Contains("ID: 9|Partitions: 0, 2", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GroupList()
    {
        var result = await SendsAsync("g l s 2 -l list", new GetConsumerGroupsRequest(new("s"), new(2)));
        Assert.Contains("ID: 2|Name: readers|Partitions count: 3|Members count: 1", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_IsWrittenToTheFolder()
    {
        using var tool = new Tool();
        var folder = Path.Combine(tool.Home, "snapshots");
        await SendsAsync($"snapshot -c stored -s test server_config -o {folder}", new GetSnapshotRequest(SnapshotCompression.Stored, [SnapshotType.Test, SnapshotType.ServerConfig]), tool);
        Assert.Equal([80, 75, 3, 4], await File.ReadAllBytesAsync(Assert.Single(Directory.GetFiles(folder, "snapshot_*.zip")), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Stats_Toml_IsToml()
    {
        using var tool = new Tool();
        var result = await tool.RunAsync("stats -o toml", (_, _) => Ok(Tool.Bytes(new StatsReply { Hostname = "here", StreamsCount = 3 })));
        Assert.Contains("hostname = \"here\"", result.Out, StringComparison.Ordinal);
        Assert.Contains("streams_count = 3", result.Out, StringComparison.Ordinal);
    }
}
