using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>The server, its streams and its users; health and reflection.</summary>
public sealed class AdminTests(GrpcFixture fixture)
{
    // Goal: a stream and its topics live through all that can be done with them.
    [Fact]
    public async Task Streams_AndTopics_AreMadeChangedAndRemoved()
    {
        var (admin, root, cancelled) = (fixture.Admin, fixture.Root, GrpcFixture.Cancelled);
        var (name, renamed) = (GrpcFixture.NewName(), GrpcFixture.NewName());
        await admin.CreateStreamAsync(new CreateStreamRequest { Name = name }, root, cancellationToken: cancelled);
        await admin.UpdateStreamAsync(new UpdateStreamRequest { Stream = name, Name = renamed }, root, cancellationToken: cancelled);
        Assert.Contains((await admin.ListStreamsAsync(new ListStreamsRequest(), root, cancellationToken: cancelled)).Streams, stream => stream.Name == renamed);

        var topic = (await admin.CreateTopicAsync(
            new CreateTopicRequest { Stream = renamed, Name = "t", PartitionsCount = 2, Options = { ["message_expiry"] = "60000000", ["compression_algorithm"] = "gzip" } }, root, cancellationToken: cancelled)).Topic;
        Assert.Equal((2u, "60000000", "gzip"), (topic.PartitionsCount, topic.Options["message_expiry"], topic.Options["compression_algorithm"]));
        await admin.UpdateTopicAsync(new UpdateTopicRequest { Stream = renamed, Topic = "t", Name = "u", Options = { ["message_expiry"] = "120000000" } }, root, cancellationToken: cancelled);
        await admin.CreatePartitionsAsync(new CreatePartitionsRequest { Stream = renamed, Topic = "u", Count = 2 }, root, cancellationToken: cancelled);
        await admin.DeletePartitionsAsync(new DeletePartitionsRequest { Stream = renamed, Topic = "u", Count = 1 }, root, cancellationToken: cancelled);
        await fixture.Messages.SendAsync(new SendRequest { Stream = renamed, Topic = "u", PartitionId = 2, Messages = { new NewMessage { Payload = Google.Protobuf.ByteString.CopyFromUtf8("x") } } }, root, cancellationToken: cancelled);
        await admin.FlushTopicAsync(new FlushTopicRequest { Stream = renamed, Topic = "u", PartitionId = 2, Fsync = true }, root, cancellationToken: cancelled);
        await admin.DeleteSegmentsAsync(new DeleteSegmentsRequest { Stream = renamed, Topic = "u", PartitionId = 2, Count = 1 }, root, cancellationToken: cancelled);
        var found = await admin.GetTopicAsync(new GetTopicRequest { Stream = renamed, Topic = "u" }, root, cancellationToken: cancelled);
        Assert.Equal((3, 1UL, "120000000"), (found.Partitions.Count, found.Partitions[2].MessagesCount, found.Topic.Options["message_expiry"]));
        await admin.PurgeTopicAsync(new PurgeTopicRequest { Stream = renamed, Topic = "u" }, root, cancellationToken: cancelled);
        await admin.PurgeStreamAsync(new PurgeStreamRequest { Stream = renamed }, root, cancellationToken: cancelled);
        var stream = await admin.GetStreamAsync(new GetStreamRequest { Stream = renamed }, root, cancellationToken: cancelled);
        Assert.Equal((0UL, "u"), (stream.Stream.MessagesCount, Assert.Single(stream.Topics).Name));
        Assert.Single((await admin.ListTopicsAsync(new ListTopicsRequest { Stream = renamed }, root, cancellationToken: cancelled)).Topics);
        await admin.DeleteTopicAsync(new DeleteTopicRequest { Stream = renamed, Topic = "u" }, root, cancellationToken: cancelled);
        await admin.DeleteStreamAsync(new DeleteStreamRequest { Stream = renamed }, root, cancellationToken: cancelled);
        Assert.Equal((StatusCode.NotFound, "STREAM_ID_NOT_FOUND", "1009"), await GrpcFixture.RefusalAsync(
            () => admin.GetStreamAsync(new GetStreamRequest { Stream = renamed }, root, cancellationToken: cancelled).ResponseAsync));
        Assert.Equal((StatusCode.InvalidArgument, "UNSUPPORTED_OPTION_KEY"), await GrpcFixture.RefusalAsync(
            () => admin.CreateTopicAsync(new CreateTopicRequest { Stream = "x", Name = "t", Options = { ["nothing"] = "1" } }, root, cancellationToken: cancelled).ResponseAsync) is var (status, reason, _) ? (status, reason) : default);
    }

    // Goal: groups are made, shown and removed.
    [Fact]
    public async Task Groups_AreMadeShownAndRemoved()
    {
        var (admin, root, cancelled) = (fixture.Admin, fixture.Root, GrpcFixture.Cancelled);
        var stream = await fixture.NewGroupAsync(partitions: 2);
        using var member = await fixture.SubscribeAsync(new Start { Stream = stream, Topic = "t", Group = "g" });
        await member.NextAsync(SubscribeResponse.EventOneofCase.Started);
        var group = await admin.GetGroupAsync(new GetGroupRequest { Stream = stream, Topic = "t", Group = "g" }, root, cancellationToken: cancelled);
        Assert.Equal([0u, 1u], Assert.Single(group.Members).PartitionIds.Order());
        Assert.Equal(1u, Assert.Single((await admin.ListGroupsAsync(new ListGroupsRequest { Stream = stream, Topic = "t" }, root, cancellationToken: cancelled)).Groups).MembersCount);
        await admin.DeleteGroupAsync(new DeleteGroupRequest { Stream = stream, Topic = "t", Group = "g" }, root, cancellationToken: cancelled);
        Assert.Equal("CONSUMER_GROUP_ID_NOT_FOUND", (await GrpcFixture.RefusalAsync(() => member.NextAsync(SubscribeResponse.EventOneofCase.Delivery))).Reason);
    }

    // Goal: users live through all that can be done with them.
    [Fact]
    public async Task Users_AreMadeChangedAndRemoved()
    {
        var (admin, root, cancelled) = (fixture.Admin, fixture.Root, GrpcFixture.Cancelled);
        await admin.CreateUserAsync(new CreateUserRequest { Username = "someone", Password = "secret" }, root, cancellationToken: cancelled);
        var permissions = new Permissions { ReadServers = true, Streams = { [7] = new StreamPermissions { ReadStream = true, Topics = { [3] = new TopicPermissions { SendMessages = true } } } } };
        await admin.UpdatePermissionsAsync(new UpdatePermissionsRequest { User = "someone", Permissions = permissions }, root, cancellationToken: cancelled);
        Assert.Equal(permissions, (await admin.GetUserAsync(new GetUserRequest { User = "someone" }, root, cancellationToken: cancelled)).Permissions);
        await admin.UpdateUserAsync(new UpdateUserRequest { User = "someone", Username = "somebody", Status = UserStatus.Inactive }, root, cancellationToken: cancelled);
        Assert.Equal("USER_INACTIVE", (await GrpcFixture.RefusalAsync(() => GrpcFixture.LogInAsync(fixture.Channel, "somebody", "secret"))).Reason);
        await admin.UpdateUserAsync(new UpdateUserRequest { User = "somebody", Status = UserStatus.Active }, root, cancellationToken: cancelled);
        await admin.ChangePasswordAsync(new ChangePasswordRequest { User = "somebody", CurrentPassword = "secret", NewPassword = "another" }, root, cancellationToken: cancelled);
        var own = GrpcFixture.Bearer(await GrpcFixture.LogInAsync(fixture.Channel, "somebody", "another"));
        Assert.Equal("somebody", (await admin.GetUserAsync(new GetUserRequest(), own, cancellationToken: cancelled)).User.Username);
        Assert.Contains((await admin.ListUsersAsync(new ListUsersRequest(), root, cancellationToken: cancelled)).Users, user => user is { Username: "somebody", Status: UserStatus.Active });
        await admin.DeleteUserAsync(new DeleteUserRequest { User = "somebody" }, root, cancellationToken: cancelled);
        Assert.Equal("RESOURCE_NOT_FOUND", (await GrpcFixture.RefusalAsync(() => admin.GetUserAsync(new GetUserRequest { User = "somebody" }, root, cancellationToken: cancelled).ResponseAsync)).Reason);
    }

    // Goal: the server shows itself.
    [Fact]
    public async Task Server_ShowsItself()
    {
        var (admin, root, cancelled) = (fixture.Admin, fixture.Root, GrpcFixture.Cancelled);
        var stats = await admin.GetStatsAsync(new GetStatsRequest(), root, cancellationToken: cancelled);
        Assert.Equal((uint)fixture.Server.ProcessId, stats.ProcessId);
        var node = Assert.Single((await admin.GetClusterAsync(new GetClusterRequest(), root, cancellationToken: cancelled)).Nodes);
        Assert.Equal(((uint)fixture.Server.Grpc.Port, (uint)fixture.Server.Tcp.Port), (node.GrpcPort, node.TcpPort));
        Assert.Contains((await admin.ListOptionsAsync(new ListOptionsRequest(), root, cancellationToken: cancelled)).Options, option => option is { Key: "message_expiry", Updatable: true });
        var archive = (await admin.GetSnapshotAsync(new GetSnapshotRequest { Parts = { SnapshotPart.Test } }, root, cancellationToken: cancelled)).Zip;
        Assert.Equal("PK", archive.ToStringUtf8()[..2]);
        await admin.ListClientsAsync(new ListClientsRequest(), root, cancellationToken: cancelled);
    }

    // Goal: probes hear that the server takes calls, for each service and without a login.
    [Fact]
    public async Task Health_OfAServerThatRuns_IsServing()
    {
        var health = new Health.HealthClient(fixture.Channel);
        foreach (var service in (string[])["", "iggy.v1.Messages", "iggy.v1.Admin"])
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new HealthCheckRequest { Service = service }, cancellationToken: GrpcFixture.Cancelled)).Status);
        Assert.Equal(StatusCode.NotFound, (await GrpcFixture.RefusalAsync(() => health.CheckAsync(new HealthCheckRequest { Service = "other" }, cancellationToken: GrpcFixture.Cancelled).ResponseAsync)).Status);
    }

    // Goal: whoever watches hears that the server stops before it is gone.
    [Fact]
    public async Task Health_OfAServerThatStops_IsTold()
    {
        await using var server = await Iggy.Testing.ServerProcess.StartAsync(settings: GrpcFixture.Settings());
        using var channel = global::Grpc.Net.Client.GrpcChannel.ForAddress($"http://{server.Grpc}");
        using var watch = new Health.HealthClient(channel).Watch(new HealthCheckRequest(), cancellationToken: GrpcFixture.Cancelled);
        Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        while (watch.ResponseStream.Current.Status is not HealthCheckResponse.Types.ServingStatus.Serving)
            Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        var stopped = server.StopAsync();
        Assert.True(await watch.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        Assert.Equal(0, await stopped);
        Directory.Delete(server.DataPath, recursive: true);
    }

    // Goal: tools learn the services from the server.
    [Fact]
    public async Task Reflection_OfTheServer_ListsItsServices()
    {
        using var call = new ServerReflection.ServerReflectionClient(fixture.Channel).ServerReflectionInfo(cancellationToken: GrpcFixture.Cancelled);
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "" }, GrpcFixture.Cancelled);
        Assert.True(await call.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.Equal(
            ["externalscaler.ExternalScaler", "grpc.health.v1.Health", "iggy.v1.Access", "iggy.v1.Admin", "iggy.v1.Messages", "iggy.v1.Offsets"],
            call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).Order(StringComparer.Ordinal));
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "iggy.v1.Messages" }, GrpcFixture.Cancelled);
        Assert.True(await call.ResponseStream.MoveNext(GrpcFixture.Cancelled));
        Assert.NotEmpty(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto);
        await call.RequestStream.CompleteAsync();
    }
}
