using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Every command under every permission there is, against the written table: the exact code each time, on one connection that stays usable.</summary>
/// <remarks>The user's permissions are replaced between the rounds while its connection stays open, so each round also shows that a change counts at once.</remarks>
public sealed class PermissionTests : IAsyncLifetime
{
    private const uint Unauthenticated = 40, Unauthorized = 41;
    private const string Session = "session";

    private static readonly byte[] s_stream = Id("granted"), s_topic = Id("topic"), s_missing = Id("missing");

    private ServerProcess _server = null!;
    private RawClient _root = null!, _client = null!;
    private uint _streamId, _topicId, _userId;
    private byte[] _clientId = [];
    private int _names;

    /// <summary>A command with all that the table says of it.</summary>
    /// <param name="Code">The command.</param>
    /// <param name="Global">Flags that allow it; <see cref="Session"/> where a login does.</param>
    /// <param name="Stream">Flags on the stream that allow it.</param>
    /// <param name="Topic">Flags on the topic that allow it.</param>
    /// <param name="Present">A request that succeeds when allowed.</param>
    /// <param name="Missing">A request for something that is not there; null where there is nothing to miss.</param>
    /// <param name="MissingStatus">What the latter gets.</param>
    /// <param name="PermissionFirst">Whether permission is judged before existence.</param>
    private sealed record Row(
        uint Code, string Global, string Stream, string Topic, Func<byte[]> Present, byte[]? Missing = null, uint MissingStatus = 0, bool PermissionFirst = false)
    {
        public bool NeedsSessionOnly => Global == Session;

        public bool AllowedBy(string level, string flag) =>
            NeedsSessionOnly || (level switch { "global" => Global, "stream" => Stream, _ => Topic }).Split(' ').Contains(flag);
    }

    public async ValueTask InitializeAsync()
    {
        _server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["Iggy__Users__PasswordWorkFactor"] = "4" });
        _root = await LogInAsync(_server.Tcp);
        foreach (var name in new[] { "other", "granted" }) // so that neither id is 0
        {
            await _root.DoAsync(202, Name(name));
            await _root.DoAsync(302, NewTopic(Id(name), "other", 1));
            await _root.DoAsync(302, NewTopic(Id(name), "topic", 1));
        }
        _streamId = IdOf(await _root.DoAsync(200, s_stream));
        _topicId = IdOf(await _root.DoAsync(300, s_stream, s_topic));
        Assert.Equal((1u, 1u), (_streamId, _topicId));
        await _root.DoAsync(33, NewUser("bystander", "secret", None));
        _userId = IdOf(await _root.DoAsync(33, NewUser("tester", "secret", None)));
        _client = await ConnectAsync(_server.Tcp);
        await _client.DoAsync(38, Login("tester", "secret"));
        _clientId = (await _root.DoAsync(20))[..4];
    }

    public async ValueTask DisposeAsync()
    {
        _root.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_server.DataPath, recursive: true);
    }

    [Fact]
    public async Task NotLoggedIn_EveryCommand_Answers40AndTheConnectionLives()
    {
        using var stranger = await ConnectAsync(_server.Tcp);
        await RestoreAsync();
        foreach (var row in Rows())
        {
            await ExpectAsync(stranger, row.Code, row.Present(), Unauthenticated, "not logged in");
            if (row.Missing is not null)
                await ExpectAsync(stranger, row.Code, row.Missing, Unauthenticated, "not logged in, missing");
        }
        await ExpectAsync(stranger, 39, [], Unauthenticated, "not logged in");
    }

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
        await RestoreAsync();
        await SetAsync(permissions);
        foreach (var row in Rows())
        {
            var allowed = row.NeedsSessionOnly || (applies && row.AllowedBy(level, flag));
            await ExpectAsync(_client, row.Code, row.Present(), allowed ? 0 : Unauthorized, $"{level} {flag}, present");
            if (row.Missing is not null)
                await ExpectAsync(_client, row.Code, row.Missing, row.PermissionFirst && !allowed ? Unauthorized : row.MissingStatus, $"{level} {flag}, missing");
            if (allowed && row.Code is 34 or 203 or 303) // it is gone, and so is what was granted in it
            {
                await RestoreAsync();
                await SetAsync(permissions);
            }
        }
    }

    private Task<byte[]> SetAsync(byte[] permissions) => _root.DoAsync(36, Id(_userId), permissions);

    private static async Task ExpectAsync(RawClient client, uint code, byte[] payload, uint expected, string what)
    {
        var (status, _) = await client.AskAsync(code, payload);
        Assert.True(expected == status, $"Command {code}, {what}: expected {expected}, got {status}.");
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    // All that a round may have removed, as it was, under the same ids.
    private async Task RestoreAsync()
    {
        if ((await _root.DoAsync(200, s_stream)).Length == 0)
        {
            Assert.Equal(_streamId, IdOf(await _root.DoAsync(202, Name("granted"))));
            await _root.DoAsync(302, NewTopic(s_stream, "other", 1));
        }
        if ((await _root.DoAsync(300, s_stream, s_topic)).Length == 0)
            Assert.Equal(_topicId, IdOf(await _root.DoAsync(302, NewTopic(s_stream, "topic", 1))));
        if ((await _root.DoAsync(31, Id("victim"))).Length == 0)
            await _root.DoAsync(33, NewUser("victim", "secret", None));
        await _root.DoAsync(101, OneMessage(s_stream, s_topic));
        await _root.DoAsync(121, Offset(s_stream, s_topic), U64(0));
    }

    // In an order in which those that come first leave what those that come later need.
    private IEnumerable<Row> Rows()
    {
        const string servers = "manage_servers read_servers", readUsers = "manage_users read_users", users = "manage_users";
        const string readTopic = "manage_streams read_streams manage_topics read_topics", readTopicStream = "manage_stream read_stream manage_topics read_topics";
        const string poll = readTopic + " poll_messages", pollStream = readTopicStream + " poll_messages", pollTopic = "manage_topic read_topic poll_messages";
        const string manage = "manage_streams manage_topics", manageStream = "manage_stream manage_topics";
        const string send = manage + " send_messages", sendStream = manageStream + " send_messages", sendTopic = "manage_topic send_messages";

        yield return new(12, Session, "", "", () => []);
        yield return new(20, Session, "", "", () => []);
        yield return new(31, Session, "", "", () => Id(_userId), s_missing);
        yield return new(37, Session, "", "", () => Join(Id("tester"), Name("secret"), Name("secret")), Join(s_missing, Name("secret"), Name("secret")), 20);
        yield return new(41, Session, "", "", () => []);
        yield return new(42, Session, "", "", () => Join(Name("kept"), U64(0)));
        yield return new(43, Session, "", "", () => Name("kept"), Name("missing"), 20);

        yield return new(10, servers, "", "", () => []);
        yield return new(21, servers, "", "", () => _clientId, U32(1));
        yield return new(22, servers, "", "", () => []);

        yield return new(31, readUsers, "", "", () => Id("bystander"), s_missing);
        yield return new(32, readUsers, "", "", () => []);
        yield return new(33, users, "", "", () => NewUser(NewName(), "secret", None));
        yield return new(35, users, "", "", () => Join(Id("bystander"), U8(1), Name("bystander"), U8(1), U8(1)), Join(s_missing, U8(0), U8(0)), 20, PermissionFirst: true);
        yield return new(36, users, "", "", () => Join(Id("bystander"), None), Join(s_missing, None), 20, PermissionFirst: true);
        yield return new(37, users, "", "", () => Join(Id("bystander"), Name("secret"), Name("secret")), Join(s_missing, Name("secret"), Name("secret")), 20);
        yield return new(34, users, "", "", () => Id("victim"), s_missing, 20, PermissionFirst: true);

        yield return new(100, poll, pollStream, pollTopic, () => Poll(1, s_stream, s_topic, 0, 1, 0, 10), Poll(1, s_stream, s_missing, 0, 1, 0, 10), 2010);
        yield return new(100, poll, pollStream, pollTopic, () => Poll(1, s_stream, s_topic, 0, 5, 0, 10), Poll(1, s_missing, s_topic, 0, 1, 0, 10), 1009);
        yield return new(120, poll, pollStream, pollTopic, () => Offset(s_stream, s_topic), Offset(s_stream, s_missing));
        yield return new(121, poll, pollStream, pollTopic, () => Join(Offset(s_stream, s_topic), U64(0)), Join(Offset(s_missing, s_topic), U64(0)), 1009);
        yield return new(122, poll, pollStream, pollTopic, () => Offset(s_stream, s_topic), Offset(s_stream, s_missing), 2010);
        yield return new(101, send, sendStream, sendTopic, () => OneMessage(s_stream, s_topic), OneMessage(s_stream, s_missing), 2010);
        yield return new(102, send, sendStream, sendTopic, () => Join(s_stream, s_topic, U32(0), U8(0)), Join(s_missing, s_topic, U32(0), U8(0)), 1009);

        yield return new(200, "manage_streams read_streams", "manage_stream read_stream", "", () => s_stream, s_missing);
        yield return new(201, "manage_streams read_streams", "", "", () => []);
        yield return new(202, "manage_streams", "", "", () => Name(NewName()));
        yield return new(204, "manage_streams", "manage_stream", "", () => Join(s_stream, Name("granted")), Join(s_missing, Name("granted")), 1009);

        yield return new(300, readTopic, readTopicStream, "manage_topic read_topic", () => Join(s_stream, s_topic), Join(s_stream, s_missing));
        yield return new(301, readTopic, readTopicStream, "", () => s_stream, s_missing);
        yield return new(302, manage, manageStream, "", () => NewTopic(s_stream, NewName(), 1), NewTopic(s_missing, "t", 1), 1009);
        yield return new(304, manage, manageStream, "manage_topic", () => TopicUpdate(s_stream, s_topic), TopicUpdate(s_stream, s_missing), 2010);
        yield return new(402, manage, manageStream, "manage_topic", () => Join(s_stream, s_topic, U32(1)), Join(s_missing, s_topic, U32(1)), 1009);
        yield return new(403, manage, manageStream, "manage_topic", () => Join(s_stream, s_topic, U32(1)), Join(s_stream, s_missing, U32(1)), 2010);
        yield return new(503, manage, manageStream, "manage_topic", () => Join(s_stream, s_topic, U32(0), U32(0)), Join(s_stream, s_topic, U32(99), U32(0)), 3007);

        yield return new(305, manage, manageStream, "manage_topic", () => Join(s_stream, s_topic), Join(s_stream, s_missing), 2010);
        yield return new(205, "manage_streams", "manage_stream", "", () => s_stream, s_missing, 1009);
        yield return new(303, manage, manageStream, "manage_topic", () => Join(s_stream, s_topic), Join(s_stream, s_missing), 2010);
        yield return new(203, "manage_streams", "manage_stream", "", () => s_stream, s_missing, 1009);
    }

    private string NewName() => $"new-{_names++}";

    private static byte[] OneMessage(byte[] stream, byte[] topic) => Messages(stream, topic, ToPartition(0), (1, [1], []));

    private static byte[] Offset(byte[] stream, byte[] topic) => Join(U8(1), Id(1), stream, topic, U8(1), U32(0));

    private static byte[] TopicUpdate(byte[] stream, byte[] topic) => Join(stream, topic, U8(1), U64(0), U64(0), U8(0), Name("topic"));
}
