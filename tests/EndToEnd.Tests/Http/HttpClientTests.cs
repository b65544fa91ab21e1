using System.Net;
using CsCheck;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Http;

/// <summary>What holds for TCP, through our client over HTTP; and what is HTTP's own.</summary>
public sealed class HttpClientTests(ServerFixture fixture) : ClientTests(fixture)
{
    private static readonly Consumer _reader = new(ConsumerKind.Single, new("reader"));

    private readonly ServerProcess _server = fixture.Server;

    private protected override (string Scheme, IPEndPoint Address) TransportOf(ServerProcess server) => ("iggy+http", server.Http);

    private protected override async Task CheckClientsAsync(IggyClient client)
    {
        Assert.Equal(IggyError.FeatureUnavailable, (await Assert.ThrowsAsync<IggyException>(async () => await client.GetMeAsync(Cancel))).Error);
        await using var tcp = await ConnectByTcpAsync();
        var other = (await tcp.GetMeAsync(Cancel)).Client;
        Assert.Equal(other, (await client.GetClientAsync(other.ClientId, Cancel))!.Client);
        Assert.Contains(other, await client.GetClientsAsync(Cancel));
        Assert.Null(await client.GetClientAsync(1, Cancel));
    }

    // Goal: a message is the same by whichever way it came and goes, to the last byte. Method: random messages, a half by each way, polled by both.
    [Fact]
    public async Task Messages_SentByEither_ArePolledTheSameByBoth()
    {
        await using var http = await ConnectAsync(_server);
        await using var tcp = await ConnectByTcpAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await http.CreateStreamAsync(stream.Name!, Cancel);
        await http.CreateTopicAsync(stream, "t", 1, cancellationToken: Cancel);
        var messages = Gen.Select(
            Gen.Byte.Array[1, 3000],
            Gen.Byte.Array[0, 300],
            Gen.OneOf(Gen.Const(UInt128.Zero), Gen.ULong.Select(id => (UInt128)id), Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new UInt128(high, low))),
            Gen.ULong[1, ulong.MaxValue]).Array[200].Single();
        await tcp.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new("") { OriginTimestampMicros = 1 }, Cancel); // without payload: HTTP sends none, but reads it
        foreach (var part in messages.Select(Made).Chunk(20).Index())
            await (part.Index % 2 == 0 ? http : tcp).SendMessagesAsync(stream, topic, Partitioning.ToPartition(0), part.Item, Cancel);

        using var byHttp = await http.PollMessagesAsync(_reader, stream, topic, 0, PollingStrategy.First, 1000, cancellationToken: Cancel);
        using var byTcp = await tcp.PollMessagesAsync(_reader, stream, topic, 0, PollingStrategy.First, 1000, cancellationToken: Cancel);
        Assert.Equal((201, byTcp.PartitionId, byTcp.CurrentOffset), (byHttp.Count, byHttp.PartitionId, byHttp.CurrentOffset));
        Assert.All(byHttp.Zip(byTcp), both => Assert.Equal(both.Second.Bytes.ToArray(), both.First.Bytes.ToArray()));
        Assert.All(byHttp, message => Assert.True(message.IsChecksumRight()));
        Assert.All(byHttp.Skip(1).Zip(messages), both =>
        {
            Assert.Equal(both.Second.Item1, both.First.Payload.ToArray());
            Assert.Equal(both.Second.Item2, both.First.UserHeaders.ToArray());
            Assert.Equal(both.Second.Item4, both.First.OriginTimestampMicros);
            Assert.True(both.Second.Item3 == 0 ? both.First.Id != 0 : both.First.Id == both.Second.Item3);
        });

        static Message Made((byte[] Payload, byte[] Headers, UInt128 Id, ulong Origin) message) =>
            new(message.Payload) { UserHeaders = message.Headers, Id = message.Id, OriginTimestampMicros = message.Origin };
    }

    // Goal: partitions are chosen as by the binary protocol.
    [Fact]
    public async Task Send_ByKeyAndBalanced_GoesWhereTcpSends()
    {
        await using var http = await ConnectAsync(_server);
        await using var tcp = await ConnectByTcpAsync();
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await http.CreateStreamAsync(stream.Name!, Cancel);
        await http.CreateTopicAsync(stream, "t", 5, cancellationToken: Cancel);
        for (var key = 0; key < 10; key++)
        {
            await http.SendMessageAsync(stream, topic, Partitioning.ByKey(new byte[] { (byte)key }), new("key"), Cancel);
            await tcp.SendMessageAsync(stream, topic, Partitioning.ByKey(new byte[] { (byte)key }), new("key"), Cancel);
            await http.SendMessageAsync(stream, topic, Partitioning.Balanced, new("balanced"), Cancel);
        }
        var details = await http.GetTopicAsync(stream, topic, Cancel);
        var theSame = await tcp.GetTopicAsync(stream, topic, Cancel);
        Assert.Equal((30ul, theSame!.Topic), (details!.Topic.MessagesCount, details.Topic));
        Assert.Equal(theSame.Partitions.AsEnumerable(), details.Partitions);
        for (var partition = 0u; partition < 5; partition++)
        {
            using var polled = await http.PollMessagesAsync(_reader, stream, topic, partition, PollingStrategy.First, 100, cancellationToken: Cancel);
            Assert.Equal(2, polled.Count(message => message.PayloadText == "balanced"));
            Assert.Equal(0, polled.Count(message => message.PayloadText == "key") % 2);
        }
    }

    // Goal: names that a path has to escape arrive; those that it cannot carry are refused here, with nothing asked of the server.
    [Fact]
    public async Task Names_OfEveryKind_ArriveOrAreRefused()
    {
        await using var client = await ConnectAsync(_server);
        foreach (var name in (string[])["a b", "a/b", "a%2Fb", "ä€😀", "?x=1#y", "+a", "...", "%", "a\\b", "a+b", "login"])
        {
            Identifier stream = new($"{ServerFixture.NewName()} {name}"), topic = new(name);
            await client.CreateStreamAsync(stream.Name!, Cancel);
            await client.CreateTopicAsync(stream, name, 1, cancellationToken: Cancel);
            await client.SendMessageAsync(stream, topic, Partitioning.Balanced, new("m"), Cancel);
            await client.StoreConsumerOffsetAsync(new(ConsumerKind.Single, new(name)), stream, topic, 0, 0, Cancel);
            Assert.Equal(0ul, (await client.GetConsumerOffsetAsync(new(ConsumerKind.Single, new(name)), stream, topic, 0, Cancel))!.Value.StoredOffset);
            Assert.Equal(name, (await client.GetTopicAsync(stream, topic, Cancel))!.Topic.Name);
            await client.DeleteStreamAsync(stream, Cancel);
        }
        foreach (var name in (string[])[".", "..", "7", "+7", "007"])
        {
            var refused = await Assert.ThrowsAsync<IggyException>(async () => await client.GetStreamAsync(new(name), Cancel));
            Assert.Equal(IggyError.FeatureUnavailable, refused.Error);
        }
    }

    // Goal: users, their permissions and tokens are the same by both ways.
    [Fact]
    public async Task Users_MadeByHttp_AreWhatTcpSees()
    {
        await using var http = await ConnectAsync(_server);
        await using var tcp = await ConnectByTcpAsync();
        var name = ServerFixture.NewName();
        Permissions permissions = new(
            GlobalPermissions.ReadStreams | GlobalPermissions.PollMessages,
            [new(3, StreamPermissionFlags.SendMessages, [new(0, TopicPermissionFlags.ReadTopic), new(9, TopicPermissionFlags.ManageTopic)]), new(8, StreamPermissionFlags.ManageTopics, [])]);
        var made = await http.CreateUserAsync(name, "secret-1", permissions, cancellationToken: Cancel);
        var seen = await tcp.GetUserAsync(new(name), Cancel);
        Assert.Equal((made.User, made.User), (seen!.User, (await http.GetUsersAsync(Cancel)).Single(user => user.Username == name)));
        foreach (var given in (Permissions?[])[made.Permissions, seen.Permissions, (await http.GetUserAsync(new(name), Cancel))!.Permissions])
        {
            Assert.Equal(permissions.Global, given!.Global);
            Assert.Equal(permissions.Streams.Select(stream => (stream.StreamId, stream.Flags)), given.Streams.Select(stream => (stream.StreamId, stream.Flags)));
            Assert.Equal(permissions.Streams.SelectMany(stream => stream.Topics), given.Streams.SelectMany(stream => stream.Topics));
        }
        await http.UpdatePermissionsAsync(new(name), null, Cancel);
        Assert.Null((await http.GetUserAsync(new(name), Cancel))!.Permissions);
        await http.ChangePasswordAsync(new(name), "secret-1", "secret-2", Cancel);
        await http.UpdateUserAsync(new(name), status: UserStatus.Inactive, cancellationToken: Cancel);
        var login = await Assert.ThrowsAsync<IggyException>(async () => await http.LogInAsync(name, "secret-2", Cancel));
        Assert.Equal(IggyError.UserInactive, login.Error);
        await http.DeleteUserAsync(new(name), Cancel);
        Assert.Null(await http.GetUserAsync(new(name), Cancel));
        Assert.Equal(IggyError.ResourceNotFound, (await Assert.ThrowsAsync<IggyException>(async () => await http.DeleteUserAsync(new(name), Cancel))).Error);
    }

    [Fact]
    public async Task Token_MadeOverHttp_LogsInByConnectionString()
    {
        await using var client = await ConnectAsync(_server);
        var name = ServerFixture.NewName();
        var token = await client.CreatePersonalAccessTokenAsync(name, TimeSpan.FromHours(1), Cancel);
        Assert.Contains(await client.GetPersonalAccessTokensAsync(Cancel), entry => entry.Name == name && entry.ExpiresAtMicros > 0);
        await using (var byToken = await IggyClient.ConnectAsync($"iggy+http://{Uri.EscapeDataString(token)}@{_server.Http}", Cancel))
            Assert.NotEmpty(await byToken.GetUsersAsync(Cancel));
        await client.DeletePersonalAccessTokenAsync(name, Cancel);
        var refused = await Assert.ThrowsAsync<IggyException>(() => IggyClient.ConnectAsync($"iggy+http://{Uri.EscapeDataString(token)}@{_server.Http}", Cancel));
        Assert.Equal(IggyError.ResourceNotFound, refused.Error);
    }

    // Goal: a token that the server takes no more costs a login, not a failure. Method: the user is removed, which ends its tokens, and made again.
    [Fact]
    public async Task Token_EndedByTheServer_IsReplacedByANewLogin()
    {
        await using var root = await ConnectAsync(_server);
        var name = ServerFixture.NewName();
        await root.CreateUserAsync(name, "secret", new(GlobalPermissions.ReadStreams, []), cancellationToken: Cancel);
        await using var client = await IggyClient.ConnectAsync($"iggy+http://{name}:secret@{_server.Http}", Cancel);
        await client.GetStreamsAsync(Cancel);
        await root.DeleteUserAsync(new(name), Cancel);
        await root.CreateUserAsync(name, "secret", new(GlobalPermissions.ReadStreams, []), cancellationToken: Cancel);
        await client.GetStreamsAsync(Cancel);
        await root.DeleteUserAsync(new(name), Cancel);
        Assert.Equal(IggyError.InvalidCredentials, (await Assert.ThrowsAsync<IggyException>(async () => await client.GetStreamsAsync(Cancel))).Error);
    }

    // Goal: what is too long is refused in words, whatever is known of the limit; the next request goes its way.
    [Fact]
    public async Task Send_LongerThanTheServerTakes_IsRefusedInWords()
    {
        await using var client = await ConnectAsync(_server);
        Identifier stream = new(ServerFixture.NewName()), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, Cancel);
        await client.CreateTopicAsync(stream, "t", 1, cancellationToken: Cancel);
        var refused = await Assert.ThrowsAsync<IggyException>(async () => await client.SendMessageAsync(stream, topic, Partitioning.Balanced, new(new byte[5_000_000]), Cancel));
        Assert.Contains("HTTP 413", refused.Message, StringComparison.Ordinal);
        await client.SendMessageAsync(stream, topic, Partitioning.Balanced, new(new byte[1_400_000]), Cancel);
        Assert.Equal(1ul, (await client.GetTopicAsync(stream, topic, Cancel))!.Topic.MessagesCount);
    }

    [Fact]
    public async Task Snapshot_OverHttp_IsAnArchive()
    {
        await using var client = await ConnectAsync(_server);
        Assert.Equal("PK"u8.ToArray(), (await client.GetSnapshotAsync([SnapshotType.Test], cancellationToken: Cancel))[..2]);
    }

    [Fact]
    public async Task Connect_TlsWithAnOwnAuthority_IsTrustedOnlyWithIt()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-https-").FullName;
        using var authority = new TestCertificates();
        var (certificate, key, root) = (Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem"), Path.Combine(folder, "root.pem"));
        authority.WriteServer(certificate, key, isRsa: false);
        await File.WriteAllTextAsync(root, authority.Root.ExportCertificatePem(), Cancel);
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>(HttpFixture.Settings)
        {
            ["IGGY_HTTP_TLS_ENABLED"] = "true", ["IGGY_HTTP_TLS_CERT_FILE"] = certificate, ["IGGY_HTTP_TLS_KEY_FILE"] = key,
        });
        var text = $"iggy+http://{ServerProcess.Username}:{ServerProcess.Password}@{server.Http}";
        await using (var client = await IggyClient.ConnectAsync($"{text}?tls=true&tls_domain=localhost&tls_ca_file={Uri.EscapeDataString(root)}", Cancel))
            Assert.Empty(await client.GetStreamsAsync(Cancel));
        Assert.Contains("TLS", (await Assert.ThrowsAsync<IggyConnectionException>(() => IggyClient.ConnectAsync($"{text}?tls=true", Cancel))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<IggyConnectionException>(() => IggyClient.ConnectAsync(text, Cancel));
        await server.DisposeAsync();
        Directory.Delete(server.DataPath, recursive: true);
        Directory.Delete(folder, recursive: true);
    }

    private Task<IggyClient> ConnectByTcpAsync() => IggyClient.ConnectAsync($"iggy+tcp://{ServerProcess.Username}:{ServerProcess.Password}@{_server.Tcp}?dialect=classic", Cancel);
}
