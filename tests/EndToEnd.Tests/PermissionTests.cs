using System.Net;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.CommandTable;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every command under every permission there is, against the written table: the exact code each time, on one connection that stays usable.</summary>
/// <remarks>The user's permissions are replaced between the rounds while its connection stays open, so each round also shows that a change counts at once.</remarks>
public class PermissionTests : IAsyncLifetime
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    private protected virtual bool IsNewer => false;

    private const uint Unauthenticated = 40, Unauthorized = 41;

    private ServerProcess _server = null!;
    private RawClient _root = null!, _client = null!;
    private CommandTable _table = null!;
    private uint _streamId, _topicId, _userId;

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync();
        _root = await LogInAsync(AddressOf(_server));
        foreach (var name in new[] { "other", "granted" }) // so that neither id is 0
        {
            await _root.DoAsync(202, Name(name));
            await _root.DoAsync(302, NewTopic(Id(name), "other", 1));
            await _root.DoAsync(302, NewTopic(Id(name), "topic", 1));
        }
        _streamId = IdOf(await _root.DoAsync(200, TheStream));
        _topicId = IdOf(await _root.DoAsync(300, TheStream, TheTopic));
        Assert.Equal((1u, 1u), (_streamId, _topicId));
        await _root.DoAsync(33, NewUser("bystander", "secret", None));
        _userId = IdOf(await _root.DoAsync(33, NewUser("tester", "secret", None)));
        _client = await ConnectAsync(AddressOf(_server));
        await _client.DoAsync(38, Login("tester", "secret"));
        _table = new CommandTable(_userId, (await _root.DoAsync(20))[..4]);
    }

    public async ValueTask DisposeAsync()
    {
        _root.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_server.DataPath, recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public void Table_HoldsEveryCommand_ThatIsBuilt()
    {
        uint[] all =
        [
            1, 10, 11, 12, 20, 21, 22, 31, 32, 33, 34, 35, 36, 37, 38, 39, 41, 42, 43, 44, 100, 101, 102, 120, 121, 122, 200, 201, 202, 203, 204, 205,
            300, 301, 302, 303, 304, 305, 402, 403, 503, 600, 601, 602, 603, 604, 605,
        ];
        Assert.Equal(all.Except(CommandTable.Others), _table.Rows().Select(row => row.Code).Distinct().Order());
    }

    [Fact]
    public async Task NotLoggedIn_EveryCommand_Answers40AndTheConnectionLives()
    {
        using var stranger = await ConnectAsync(AddressOf(_server));
        await RestoreAsync();
        foreach (var row in _table.Rows())
        {
            await ExpectAsync(stranger, row, row.Present(), Unauthenticated, "not logged in");
            foreach (var missing in row.Missing)
                await ExpectAsync(stranger, row, missing.Request, Unauthenticated, "not logged in, missing");
        }
    }

    [Fact]
    public async Task Logout_EndsTheLoginButNotTheConnection()
    {
        using var client = await ConnectAsync(AddressOf(_server));
        Assert.Equal(Told(39, Unauthenticated), (await client.AskAsync(39)).Status);
        Assert.Equal(4, (await client.DoAsync(38, Login("tester", "secret"))).Length);
        Assert.Empty(await client.DoAsync(39));
        Assert.Equal(Told(39, Unauthenticated), (await client.AskAsync(39)).Status);
        Assert.Empty(await client.DoAsync(1));
    }

    [Fact]
    public async Task Root_EveryCommand_SucceedsOrTellsWhatIsMissing() => await RoundAsync(_root, "root", "", applies: true, isRoot: true);

    [Fact]
    public async Task NoPermission_EveryCommand_Answers41UnlessTheTargetIsMissing() => await RoundAsync("none", "", None, applies: false);

    [Fact]
    public async Task GlobalFlag_Alone_AllowsItsCommandsAndNothingElse()
    {
        foreach (var flag in GlobalFlags)
            await RoundAsync("global", flag, Global(flag), applies: true);
    }

    [Fact]
    public async Task StreamFlag_Alone_AllowsItsCommandsAndNothingElse()
    {
        foreach (var flag in StreamFlags)
            await RoundAsync("stream", flag, InStream(_streamId, flag), applies: true);
        await RoundAsync("stream", "all of another stream", InStream(0, StreamFlags), applies: false);
    }

    [Fact]
    public async Task TopicFlag_Alone_AllowsItsCommandsAndNothingElse()
    {
        foreach (var flag in TopicFlags)
            await RoundAsync("topic", flag, InTopic(_streamId, _topicId, flag), applies: true);
        await RoundAsync("topic", "all of another topic", InTopic(_streamId, 0, TopicFlags), applies: false);
        await RoundAsync("topic", "all of that topic of another stream", InTopic(0, _topicId, TopicFlags), applies: false);
    }

    private async Task RoundAsync(string level, string flag, byte[] permissions, bool applies)
    {
        await SetAsync(permissions);
        await RoundAsync(_client, level, flag, applies, isRoot: false, permissions);
    }

    private async Task RoundAsync(RawClient client, string level, string flag, bool applies, bool isRoot, byte[]? permissions = null)
    {
        await RestoreAsync();
        foreach (var row in _table.Rows())
        {
            var allowed = isRoot || row.NeedsSessionOnly || (applies && row.AllowedBy(level, flag));
            await ExpectAsync(client, row, row.Present(), allowed ? 0 : Unauthorized, $"{level} {flag}, present", row.Shape);
            foreach (var missing in row.Missing)
                await ExpectAsync(client, row, missing.Request, missing.PermissionFirst && !allowed ? Unauthorized : StatusOf(row, missing), $"{level} {flag}, missing");
            if (allowed && row.Code is 34 or 203 or 303) // it is gone, and so is what was granted in it
            {
                await RestoreAsync();
                if (permissions is not null)
                    await SetAsync(permissions);
            }
        }
    }

    private uint StatusOf(CommandRow row, Absent missing) => IsNewer && missing.Newer is { } newer ? newer : Told(row.Code, missing.Status);

    private Task<byte[]> SetAsync(byte[] permissions) => _root.DoAsync(36, Id(_userId), permissions);

    // An error carries nothing: the raw client sees to that.
    private static async Task ExpectAsync(RawClient client, CommandRow row, byte[] payload, uint expected, string what, Action<ReplyReader>? shape = null)
    {
        var (status, reply) = await client.AskAsync(row.Code, payload);
        Assert.True(expected == status, $"{row}, {what}: expected {expected}, got {status}.");
        var reader = new ReplyReader(reply);
        if (status == 0)
            (shape ?? ReplyShapes.Nothing)(reader);
        Assert.True(reader.IsAtEnd, $"{row}, {what}: bytes behind the last field of {Convert.ToHexString(reply)}.");
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    // All that a round may have removed, as it was, under the same ids.
    private async Task RestoreAsync()
    {
        if ((await _root.DoAsync(200, TheStream)).Length == 0)
        {
            Assert.Equal(_streamId, IdOf(await _root.DoAsync(202, Name("granted"))));
            await _root.DoAsync(302, NewTopic(TheStream, "other", 1));
        }
        if ((await _root.DoAsync(300, TheStream, TheTopic)).Length == 0)
            Assert.Equal(_topicId, IdOf(await _root.DoAsync(302, NewTopic(TheStream, "topic", 1))));
        if ((await _root.DoAsync(600, TheStream, TheTopic, Id("group"))).Length == 0)
            await _root.DoAsync(602, TheStream, TheTopic, Name("group"));
        if ((await _root.DoAsync(31, Id("victim"))).Length == 0)
            await _root.DoAsync(33, NewUser("victim", "secret", None));
        await _root.DoAsync(101, OneMessage(TheStream, TheTopic, 0));
        await _root.DoAsync(121, Consumer(TheStream, TheTopic, 0), U64(0));
    }
}
