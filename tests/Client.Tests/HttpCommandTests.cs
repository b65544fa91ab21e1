using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using Iggy.Client.Connections;
using Iggy.Client.Http;
using Iggy.Protocol;
using Iggy.Protocol.Classic;

namespace Iggy.Client.Tests;

/// <summary>HTTP: each command to its request, and each body to its reply.</summary>
public sealed class HttpCommandTests
{
    private static readonly Identifier _stream = new("a b"), _topic = new(3), _group = new("g/1");
    private static readonly Consumer _single = new(ConsumerKind.Single, new("me")), _member = new(ConsumerKind.Group, _group);

    private static string Line(ApiCall call) => $"{call.Method} {call.Path} {Encoding.UTF8.GetString(call.Body.Span)}".TrimEnd();

    private static string Line<TRequest>(TRequest request) where TRequest : IWireRequest<TRequest> => Line(ApiCalls.Of(TRequest.Code, request));

    [Fact]
    public void Catalog_EachCommand_IsItsRequest()
    {
        Assert.Equal("GET /streams/a%20b", Line(new GetStreamRequest(_stream)));
        Assert.Equal("""POST /streams {"name":"ä\"<"}""", Line(new CreateStreamRequest("ä\"<")));
        Assert.Equal("""PUT /streams/7 {"name":"n"}""", Line(new UpdateStreamRequest(new(7), "n")));
        Assert.Equal("DELETE /streams/7", Line(new DeleteStreamRequest(new(7))));
        Assert.Equal("DELETE /streams/7/purge", Line(new PurgeStreamRequest(new(7))));
        Assert.Equal("GET /streams/a%20b/topics/3", Line(new GetTopicRequest(_stream, _topic)));
        Assert.Equal("GET /streams/a%20b/topics", Line(new GetTopicsRequest(_stream)));
        Assert.Equal(
            """POST /streams/a%20b/topics {"name":"t","partitions_count":4,"compression_algorithm":"gzip","message_expiry":18446744073709551615,"max_topic_size":0,"replication_factor":null}""",
            Line(new CreateTopicRequest(_stream, 4, CompressionAlgorithm.Gzip, ulong.MaxValue, 0, 0, "t")));
        Assert.Equal(
            """PUT /streams/a%20b/topics/3 {"name":"t","compression_algorithm":"none","message_expiry":1,"max_topic_size":2,"replication_factor":5}""",
            Line(new UpdateTopicRequest(_stream, _topic, CompressionAlgorithm.None, 1, 2, 5, "t")));
        Assert.Equal("DELETE /streams/a%20b/topics/3", Line(new DeleteTopicRequest(_stream, _topic)));
        Assert.Equal("DELETE /streams/a%20b/topics/3/purge", Line(new PurgeTopicRequest(_stream, _topic)));
        Assert.Equal("""POST /streams/a%20b/topics/3/partitions {"partitions_count":2}""", Line(new CreatePartitionsRequest(_stream, _topic, 2)));
        Assert.Equal("DELETE /streams/a%20b/topics/3/partitions?partitions_count=2", Line(new DeletePartitionsRequest(_stream, _topic, 2)));
        Assert.Equal("DELETE /streams/a%20b/topics/3/partitions/1?segments_count=9", Line(new DeleteSegmentsRequest(_stream, _topic, 1, 9)));
    }

    [Fact]
    public void Consumers_EachCommand_IsItsRequest()
    {
        Assert.Equal("GET /streams/a%20b/topics/3/consumer-groups", Line(new GetConsumerGroupsRequest(_stream, _topic)));
        Assert.Equal("GET /streams/a%20b/topics/3/consumer-groups/g%2F1", Line(new GetConsumerGroupRequest(_stream, _topic, _group)));
        Assert.Equal("""POST /streams/a%20b/topics/3/consumer-groups {"name":"g"}""", Line(new CreateConsumerGroupRequest(_stream, _topic, "g")));
        Assert.Equal("DELETE /streams/a%20b/topics/3/consumer-groups/g%2F1", Line(new DeleteConsumerGroupRequest(_stream, _topic, _group)));
        Assert.Equal("PUT /streams/a%20b/topics/3/consumer-groups/g%2F1/membership", Line(new JoinConsumerGroupRequest(_stream, _topic, _group)));
        Assert.Equal("DELETE /streams/a%20b/topics/3/consumer-groups/g%2F1/membership", Line(new LeaveConsumerGroupRequest(_stream, _topic, _group)));

        const string Offsets = "/streams/a%20b/topics/3/consumer-offsets";
        ConsumerAddress single = new(_single, _stream, _topic, 2), numbered = new(new(ConsumerKind.Single, new(5)), _stream, _topic, null), member = new(_member, _stream, _topic, null);
        Assert.Equal($"GET {Offsets}?consumer_id=me&partition_id=2", Line(new GetConsumerOffsetRequest(single)));
        Assert.Equal($"GET {Offsets}?consumer_id=g%2F1&consumer_kind=group", Line(new GetConsumerOffsetRequest(member)));
        Assert.Equal($$"""PUT {{Offsets}} {"consumer_id":"5","partition_id":null,"offset":9}""", Line(new StoreConsumerOffsetRequest(numbered, 9)));
        Assert.Equal($$"""PUT {{Offsets}} {"consumer_kind":"group","consumer_id":"g/1","partition_id":null,"offset":9}""", Line(new StoreConsumerOffsetRequest(member, 9)));
        Assert.Equal($"DELETE {Offsets}/me?partition_id=2", Line(new DeleteConsumerOffsetRequest(single)));
        Assert.Equal($"DELETE {Offsets}/5", Line(new DeleteConsumerOffsetRequest(numbered)));
        Assert.Equal($"DELETE {Offsets}/g%2F1?consumer_kind=group", Line(new DeleteConsumerOffsetRequest(member)));
        Assert.Equal(
            "GET /streams/a%20b/topics/3/messages?consumer_id=me&partition_id=2&kind=timestamp&value=77&count=10&auto_commit=true&raw_headers=true",
            Line(new PollMessagesRequest(single, PollingStrategy.FromTimestamp(77), 10, AutoCommit: true)));
        Assert.Equal(
            "GET /streams/a%20b/topics/3/messages?consumer_id=g%2F1&consumer_kind=group&kind=next&value=0&count=1&auto_commit=false&raw_headers=true&join=false",
            Line(new PollMessagesRequest(member, PollingStrategy.Next, 1, AutoCommit: false)));
        Assert.Equal("GET /streams/a%20b/topics/3/messages/flush/1/true", Line(new FlushUnsavedBufferRequest(_stream, _topic, 1, Fsync: true)));
    }

    [Fact]
    public void UsersAndSystem_EachCommand_IsItsRequest()
    {
        Permissions permissions = new(GlobalPermissions.ReadUsers, [new(4, StreamPermissionFlags.PollMessages, [new(2, TopicPermissionFlags.SendMessages)])]);
        const string Json =
            """{"global":{"manage_servers":false,"read_servers":false,"manage_users":false,"read_users":true,"manage_streams":false,"read_streams":false,"manage_topics":false,"read_topics":false,"poll_messages":false,"send_messages":false},"streams":{"4":{"manage_stream":false,"read_stream":false,"manage_topics":false,"read_topics":false,"poll_messages":true,"send_messages":false,"topics":{"2":{"manage_topic":false,"read_topic":false,"poll_messages":false,"send_messages":true}}}}}""";
        Assert.Equal("GET /users/bob", Line(new GetUserRequest(new("bob"))));
        Assert.Equal($$"""POST /users {"username":"bob","password":"secret","status":"inactive","permissions":{{Json}}}""", Line(new CreateUserRequest("bob", "secret", UserStatus.Inactive, permissions)));
        Assert.Equal("""PUT /users/1 {"username":null,"status":"active"}""", Line(new UpdateUserRequest(new(1), null, UserStatus.Active)));
        Assert.Equal("DELETE /users/1", Line(new DeleteUserRequest(new(1))));
        Assert.Equal($$"""PUT /users/login/permissions {"permissions":{{Json}}}""", Line(new UpdatePermissionsRequest(new("login"), permissions)));
        Assert.Equal("""PUT /users/1/permissions {"permissions":null}""", Line(new UpdatePermissionsRequest(new(1), null)));
        Assert.Equal("""PUT /users/1/password {"current_password":"old","new_password":"new"}""", Line(new ChangePasswordRequest(new(1), "old", "new")));
        Assert.Equal("""POST /personal-access-tokens {"name":"ci","expiry":60000000}""", Line(new CreatePersonalAccessTokenRequest("ci", 60_000_000)));
        Assert.Equal("DELETE /personal-access-tokens/007", Line(new DeletePersonalAccessTokenRequest("007"))); // always a name here
        Assert.Equal("GET /clients/9", Line(new GetClientRequest(9)));
        Assert.Equal("""POST /snapshot {"compression":"Stored","snapshot_types":["Test","ServerLogs"]}""", Line(new GetSnapshotRequest(SnapshotCompression.Stored, [SnapshotType.Test, SnapshotType.ServerLogs])));
        foreach (var (code, path) in ((CommandCode, string)[])[
            (CommandCode.Ping, "/ping"), (CommandCode.GetStats, "/stats"), (CommandCode.GetClients, "/clients"), (CommandCode.GetClusterMetadata, "/cluster/metadata"),
            (CommandCode.GetStreams, "/streams"), (CommandCode.GetUsers, "/users"), (CommandCode.GetPersonalAccessTokens, "/personal-access-tokens")])
            Assert.Equal($"GET {path}", Line(ApiCalls.Of(code, default(NoBody))));
    }

    // Goal: whatever the client can ask is a request or a refusal in words; nothing slips through when a command is added. Method: every request type there is.
    [Fact]
    public void EveryRequestOfTheProtocol_HasItsRequestOrIsALogin()
    {
        var of = typeof(ApiCalls).GetMethod(nameof(ApiCalls.Of))!;
        var unknown = new List<string>();
        foreach (var type in typeof(GetStreamRequest).Assembly.GetTypes().Where(type => type.IsValueType && type.Namespace == "Iggy.Protocol.Classic"
            && type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IWireRequest<>))))
        {
            try
            {
                of.MakeGenericMethod(type).Invoke(null, [(CommandCode)type.GetProperty("Code", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!, Made(type)]);
            }
            catch (TargetInvocationException e) when (e.InnerException is IggyException { Error: IggyError.FeatureUnavailable })
            {
                unknown.Add(type.Name);
            }
        }
        Assert.Equal(["LoginUserRequest", "LoginWithPersonalAccessTokenRequest"], unknown.Order());
    }

    [Theory]
    [InlineData("7")]
    [InlineData("+7")]
    [InlineData("007")]
    [InlineData(".")]
    [InlineData("..")]
    public void Name_ThatAPathCannotCarry_IsRefused(string name)
    {
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => ApiCalls.Of(CommandCode.GetStream, new GetStreamRequest(new(name)))).Error);
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => Line(new StoreConsumerOffsetRequest(new(new(ConsumerKind.Single, new(name)), _stream, _topic, 0), 1))).Error);
    }

    [Fact]
    public void Value_ThatNoTransportCarries_IsRefusedAsThere()
    {
        Assert.Throws<ArgumentException>(() => ApiCalls.Of(CommandCode.GetStream, new GetStreamRequest(new(new string('x', 256)))));
        Assert.Throws<ArgumentException>(() => ApiCalls.Of(CommandCode.CreateStream, new CreateStreamRequest("")));
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => ApiCalls.Of(CommandCode.GetMe, default(NoBody))).Error);
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => Line(new GetUserRequest(new("logout")))).Error);
        Assert.Equal(IggyError.FeatureUnavailable, Assert.Throws<IggyException>(() => Line(new DeletePersonalAccessTokenRequest("login"))).Error);
    }

    // The bodies are those of the API's description.
    [Fact]
    public void Replies_EachBody_IsItsValue()
    {
        const string Topic = """{"id":1,"created_at":1758000000000000,"name":"t","size":"1.5 KB","message_expiry":18446744073709551615,"compression_algorithm":"gzip","max_topic_size":9,"replication_factor":2,"messages_count":10,"partitions_count":1""";
        const string Partition = """{"id":0,"created_at":5,"segments_count":1,"current_offset":9,"size":"1.125 MiB","messages_count":10}""";
        var topic = new TopicRecord(1, 1758000000000000, 1, ulong.MaxValue, CompressionAlgorithm.Gzip, 9, 2, 1500, 10, "t");
        var stream = new StreamRecord(3, 4, 1, 67344973824, 10, "orders");
        const string Stream = """{"id":3,"created_at":4,"name":"orders","size":"65766576 KiB","messages_count":10,"topics_count":1""";
        Assert.Equal([stream], Read<StreamRecord[]>($"[{Stream}}}]"));
        Assert.Equal(stream, Read<StreamRecord>($"{Stream},\"topics\":[]}}"));
        var details = Read<StreamDetails>($"{Stream},\"topics\":[{Topic}}}]}}");
        Assert.Equal((stream, topic), (details.Stream, Assert.Single(details.Topics)));
        Assert.Equal([topic], Read<TopicRecord[]>($"[{Topic}}}]"));
        var whole = Read<TopicDetails>($"{Topic},\"partitions\":[{Partition}]}}");
        Assert.Equal((topic, new PartitionRecord(0, 5, 1, 9, 1179648, 10)), (whole.Topic, Assert.Single(whole.Partitions)));

        const string Group = """{"id":0,"name":"workers","partitions_count":3,"members_count":1""";
        var group = new ConsumerGroupRecord(0, 3, 1, "workers");
        Assert.Equal([group], Read<ConsumerGroupRecord[]>($"[{Group}}}]"));
        var members = Read<ConsumerGroupDetails>($"{Group},\"members\":[{{\"id\":7,\"partitions_count\":3,\"partitions\":[0,1,2]}}]}}");
        Assert.Equal((group, 7u), (members.Group, Assert.Single(members.Members).Id));
        Assert.Equal([0u, 1u, 2u], members.Members[0].Partitions);
        Assert.Equal(new ConsumerOffsetReply(0, 3, 2), Read<ConsumerOffsetReply>("""{"partition_id":0,"current_offset":3,"stored_offset":2}"""));

        Assert.Equal([new UserRecord(1, 2, UserStatus.Inactive, "bob")], Read<UserRecord[]>("""[{"id":1,"created_at":2,"status":"inactive","username":"bob"}]"""));
        Assert.Null(Read<UserDetails>("""{"id":1,"created_at":2,"status":"active","username":"bob","permissions":null}""").Permissions);
        Assert.Equal([new TokenRecord("ci", 0), new("dev", 1758003600000000)], Read<TokenRecord[]>("""[{"name":"ci","expiry_at":null},{"name":"dev","expiry_at":1758003600000000}]"""));
        Assert.Equal("dG9rZW4=", Read<NewTokenReply>("""{"token":"dG9rZW4="}""").Token);

        const string Client = """{"client_id":3250478423,"user_id":null,"address":"127.0.0.1:54712","transport":"ws","consumer_groups_count":1""";
        var client = new ClientRecord(3250478423, ProtocolLimits.NoUser, TransportKind.WebSocket, "127.0.0.1:54712", 1);
        Assert.Equal([client], Read<ClientRecord[]>($"[{Client}}}]"));
        Assert.Equal(new ClientGroup(1, 2, 3), Assert.Single(Read<ClientDetails>($"{Client},\"consumer_groups\":[{{\"stream_id\":1,\"topic_id\":2,\"group_id\":3}}]}}").Groups));
        Assert.Equal(
            new ClusterNode("iggy-node", "127.0.0.1", 8090, 8080, 3000, 8092, ClusterNodeRole.Leader, ClusterNodeStatus.Healthy),
            Assert.Single(Read<ClusterReply>("""{"name":"single-node","nodes":[{"name":"iggy-node","ip":"127.0.0.1","endpoints":{"tcp":8090,"quic":8080,"http":3000,"websocket":8092},"role":"leader","status":"healthy"}]}""").Nodes));
        var stats = Read<StatsReply>("""{"process_id":1,"cpu_usage":0.46409693,"total_cpu_usage":11.344592,"memory_usage":"147412 KiB","total_memory":"65766576 KiB","available_memory":"28197044 KiB","run_time":300000000,"start_time":1773843141000000,"read_bytes":"0 B","written_bytes":"1027432 KiB","messages_size_bytes":"69.092 KB","streams_count":1,"topics_count":2,"partitions_count":2,"segments_count":2,"messages_count":521,"clients_count":2,"consumer_groups_count":0,"hostname":"localhost","os_name":"Ubuntu","os_version":"Linux (Ubuntu 24.04)","kernel_version":"6.18.7","iggy_server_version":"0.8.0","iggy_server_semver":8000,"cache_metrics":{},"threads_count":13,"free_disk_space":"150073704 KiB","total_disk_space":"959392552 KiB"}""");
        Assert.Equal((1u, 0.46409693f, 147412ul * 1024, 69092ul, "0.8.0", 8000u, 959392552ul * 1024), (stats.ProcessId, stats.CpuPercent, stats.MemoryBytes, stats.MessagesSizeBytes, stats.ServerVersion, stats.ServerSemver, stats.TotalDiskBytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"id":1}""")]
    [InlineData("""{"id":-1,"created_at":4,"name":"orders","size":"1 B","messages_count":10,"topics_count":1}""")]
    [InlineData("""{"id":1,"created_at":4,"name":null,"size":"1 B","messages_count":10,"topics_count":1}""")]
    [InlineData("""{"id":1,"created_at":4,"name":"x","size":"1 XB","messages_count":10,"topics_count":1}""")]
    [InlineData("""{"id":1,"created_at":4,"name":"x","size":"99999999999 EiB","messages_count":10,"topics_count":1}""")]
    [InlineData("""{"id":1,"created_at":4,"name":"x","size":null,"messages_count":10,"topics_count":1}""")]
    public void Reply_ThatIsSomethingElse_IsRefused(string body) =>
        Assert.Equal(IggyError.CannotDeserializeResource, Assert.Throws<IggyException>(() => Read<StreamRecord>(body)).Error);

    private static T Read<T>(string json) => ApiReplies.Read<T>(Encoding.UTF8.GetBytes(json), CommandCode.GetStreams);

    // Some value of a request type, well-formed.
    private static object Made(Type type) => type.GetConstructors().Single(one => one.GetParameters().Length > 0) is var constructor
        ? constructor.Invoke([.. constructor.GetParameters().Select(parameter => Value(parameter.ParameterType))])
        : throw new InvalidOperationException();

    private static object? Value(Type type)
    {
        if (type == typeof(string))
            return "name";
        if (type == typeof(Identifier))
            return new Identifier("name");
        if (type == typeof(ConsumerAddress))
            return new ConsumerAddress(_single, _stream, _topic, 0);
        if (type == typeof(ImmutableArray<SnapshotType>))
            return ImmutableArray<SnapshotType>.Empty;
        if (type.IsEnum)
            return Enum.GetValues(type).GetValue(0);
        return type.IsValueType ? Activator.CreateInstance(type) : null;
    }
}
