using System.Buffers.Binary;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Iggy.Testing;
using Iggy.V1;

namespace Iggy.Gateway.Grpc.Tests;

/// <summary>Who gets in, and what is refused without harm to others.</summary>
public sealed class GuardTests(GrpcFixture fixture)
{
    // Goal: nothing works without a good token, and the refusal has its name.
    [Fact]
    public async Task Calls_WithoutAGoodToken_AreRefused()
    {
        var stream = await fixture.NewTopicAsync();
        foreach (var metadata in (Metadata?[])[null, GrpcFixture.Bearer("a.b.c"), GrpcFixture.Bearer("nothing")])
        {
            Assert.Equal((StatusCode.Unauthenticated, "UNAUTHENTICATED", "40"), await GrpcFixture.RefusalAsync(
                () => fixture.Admin.ListStreamsAsync(new ListStreamsRequest(), metadata, cancellationToken: GrpcFixture.Cancelled).ResponseAsync));
            Assert.Equal((StatusCode.Unauthenticated, "UNAUTHENTICATED", "40"), await GrpcFixture.RefusalAsync(
                () => fixture.Messages.PollAsync(new PollRequest { Stream = stream, Topic = "t" }, metadata, cancellationToken: GrpcFixture.Cancelled).ResponseAsync));
        }
        Assert.Equal((StatusCode.Unauthenticated, "INVALID_CREDENTIALS", "42"), await GrpcFixture.RefusalAsync(() => GrpcFixture.LogInAsync(fixture.Channel, password: "wrong")));
    }

    // Goal: a personal access token works as it is and can be changed into a JWT; a JWT ends with its logout; the HTTP API takes the same ones.
    [Fact]
    public async Task Tokens_OfEachKind_AreTaken()
    {
        var secret = (await fixture.Admin.CreateTokenAsync(new CreateTokenRequest { Name = "grpc" }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).Token;
        await fixture.Admin.ListStreamsAsync(new ListStreamsRequest(), GrpcFixture.Bearer(secret), cancellationToken: GrpcFixture.Cancelled);
        Assert.Contains((await fixture.Admin.ListTokensAsync(new ListTokensRequest(), fixture.Root, cancellationToken: GrpcFixture.Cancelled)).Tokens, token => token.Name == "grpc");

        var access = new Access.AccessClient(fixture.Channel);
        var jwt = (await access.LoginWithTokenAsync(new LoginWithTokenRequest { Token = secret }, cancellationToken: GrpcFixture.Cancelled)).AccessToken.Token;
        using (var http = new HttpClient { BaseAddress = new Uri($"http://{fixture.Server.Http}") })
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", jwt);
            (await http.GetAsync(new Uri("/streams", UriKind.Relative), GrpcFixture.Cancelled)).EnsureSuccessStatusCode();
        }
        var next = (await access.RefreshTokenAsync(new RefreshTokenRequest { Token = jwt }, cancellationToken: GrpcFixture.Cancelled)).AccessToken.Token;
        await access.LogoutAsync(new LogoutRequest(), GrpcFixture.Bearer(next), cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(StatusCode.Unauthenticated, (await GrpcFixture.RefusalAsync(
            () => fixture.Admin.ListStreamsAsync(new ListStreamsRequest(), GrpcFixture.Bearer(next), cancellationToken: GrpcFixture.Cancelled).ResponseAsync)).Status);
        await fixture.Admin.DeleteTokenAsync(new DeleteTokenRequest { Name = "grpc" }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(StatusCode.Unauthenticated, (await GrpcFixture.RefusalAsync(
            () => fixture.Admin.ListStreamsAsync(new ListStreamsRequest(), GrpcFixture.Bearer(secret), cancellationToken: GrpcFixture.Cancelled).ResponseAsync)).Status);
    }

    // Goal: permissions count here as everywhere, and a subscription ends with its user.
    [Fact]
    public async Task Permissions_OfAUser_Count()
    {
        var stream = await fixture.NewTopicAsync();
        await fixture.Admin.CreateUserAsync(
            new CreateUserRequest { Username = "reader", Password = "secret", Permissions = new Permissions { PollMessages = true } }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        var reader = GrpcFixture.Bearer(await GrpcFixture.LogInAsync(fixture.Channel, "reader", "secret"));
        await fixture.Messages.PollAsync(new PollRequest { Stream = stream, Topic = "t" }, reader, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal((StatusCode.PermissionDenied, "UNAUTHORIZED", "41"), await GrpcFixture.RefusalAsync(() => fixture.Messages.SendAsync(
            new SendRequest { Stream = stream, Topic = "t", Messages = { new NewMessage { Payload = ByteString.CopyFromUtf8("x") } } }, reader, cancellationToken: GrpcFixture.Cancelled).ResponseAsync));

        using var subscription = await Subscriber.OpenAsync(fixture.Messages, reader, new Start { Stream = stream, Topic = "t", HeartbeatMillis = 1000, Credit = new Credit { Messages = 10, Bytes = 1000 } });
        await subscription.NextAsync(SubscribeResponse.EventOneofCase.Started);
        await fixture.Admin.DeleteUserAsync(new DeleteUserRequest { User = "reader" }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(StatusCode.Unauthenticated, (await GrpcFixture.RefusalAsync(() => subscription.NextAsync(SubscribeResponse.EventOneofCase.Delivery))).Status);
    }

    // Goal: who deletes a personal access token ends the subscriptions that came with it.
    [Fact]
    public async Task Subscription_OfAPersonalTokenThatIsDeleted_Ends()
    {
        var stream = await fixture.NewTopicAsync();
        var secret = (await fixture.Admin.CreateTokenAsync(new CreateTokenRequest { Name = "subscriber" }, fixture.Root, cancellationToken: GrpcFixture.Cancelled)).Token;
        using var subscription = await Subscriber.OpenAsync(
            fixture.Messages, GrpcFixture.Bearer(secret), new Start { Stream = stream, Topic = "t", HeartbeatMillis = 1000, Credit = new Credit { Messages = 10, Bytes = 1000 } });
        await subscription.NextAsync(SubscribeResponse.EventOneofCase.Started);
        await fixture.Admin.DeleteTokenAsync(new DeleteTokenRequest { Name = "subscriber" }, fixture.Root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(StatusCode.Unauthenticated, (await GrpcFixture.RefusalAsync(() => subscription.NextAsync(SubscribeResponse.EventOneofCase.Delivery))).Status);
    }

    // Goal: bodies that are no messages are refused as the client's fault, and the server goes on. Method: over HTTP/2, at any byte of a good one.
    [Fact]
    public async Task Bodies_ThatAreNone_AreRefused()
    {
        var stream = await fixture.NewTopicAsync();
        var good = new SendRequest { Stream = stream, Topic = "t", PartitionId = 0, Messages = { new NewMessage { Payload = ByteString.CopyFromUtf8("payload") } } }.ToByteArray();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{fixture.Server.Grpc}") };
        for (var cut = 1; cut < good.Length; cut++)
            Assert.NotEqual("0", await StatusAsync(http, good[..cut], cut));
        Assert.NotEqual("0", await StatusAsync(http, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 11));
        Assert.NotEqual("0", await StatusAsync(http, good, good.Length + 5)); // the body ends before the message
        Assert.Equal("8", await StatusAsync(http, good, int.MaxValue)); // too long by its head
        Assert.Equal("0", await StatusAsync(http, good, good.Length));
        Assert.Equal(1UL, (await fixture.SendAsync(stream, 0, 1)).BaseOffset);
    }

    // Goal: a message above the limit is refused by its head, before it is received; one below it is taken.
    [Fact]
    public async Task Messages_AboveTheLimit_AreRefused()
    {
        await using var server = await ServerProcess.StartAsync(settings: GrpcFixture.Settings(("Iggy__Grpc__MaxMessageBytes", "1000000")));
        using var channel = GrpcChannel.ForAddress($"http://{server.Grpc}");
        var (root, admin) = (GrpcFixture.Bearer(await GrpcFixture.LogInAsync(channel)), new Admin.AdminClient(channel));
        await admin.CreateStreamAsync(new CreateStreamRequest { Name = "s" }, root, cancellationToken: GrpcFixture.Cancelled);
        await admin.CreateTopicAsync(new CreateTopicRequest { Stream = "s", Name = "t", PartitionsCount = 1 }, root, cancellationToken: GrpcFixture.Cancelled);
        SendRequest Request(int bytes) => new() { Stream = "s", Topic = "t", Messages = { new NewMessage { Payload = ByteString.CopyFrom(new byte[bytes]) } } };
        var messages = new Messages.MessagesClient(channel);
        await messages.SendAsync(Request(900_000), root, cancellationToken: GrpcFixture.Cancelled);
        Assert.Equal(StatusCode.ResourceExhausted, (await GrpcFixture.RefusalAsync(() => messages.SendAsync(Request(1_100_000), root, cancellationToken: GrpcFixture.Cancelled).ResponseAsync)).Status);
        // A stream of batches may be as long as it likes.
        using (var call = messages.Publish(root, cancellationToken: GrpcFixture.Cancelled))
        {
            Assert.True(await call.ResponseStream.MoveNext(GrpcFixture.Cancelled)); // the window
            for (var id = 1UL; id <= 4; id++)
            {
                var batch = new PublishRequest { Stream = "s", Topic = "t", Id = id, Messages = { new NewMessage { Payload = ByteString.CopyFrom(new byte[900_000]) } } };
                await call.RequestStream.WriteAsync(batch, GrpcFixture.Cancelled);
                Assert.True(await call.ResponseStream.MoveNext(GrpcFixture.Cancelled));
                Assert.Equal(id, call.ResponseStream.Current.Confirmation.Id);
            }
            await call.RequestStream.CompleteAsync();
        }
        // Whoever has not logged in may send a login and nothing larger.
        Assert.Equal(StatusCode.ResourceExhausted, (await GrpcFixture.RefusalAsync(() => GrpcFixture.LogInAsync(channel, password: new string('x', 100_000)))).Status);
        Assert.Equal(5UL, (await messages.SendAsync(Request(10), root, cancellationToken: GrpcFixture.Cancelled)).BaseOffset);
        Directory.Delete(server.DataPath, recursive: true);
    }

    // Goal: calls above the limit of a connection are refused, and calls of others are served meanwhile. Method: ten thousand on one connection that never end.
    [Fact]
    public async Task Calls_TenThousandOnOneConnection_AreRefusedAndHarmNobody()
    {
        const int Calls = 10_000, Allowed = 1_000;
        var stream = await fixture.NewTopicAsync();
        using var flood = await RawHttp2.ConnectAsync(fixture.Server.Grpc);
        var (refused, isClosed) = (0, false);
        async Task ReadAsync()
        {
            while (refused < Calls - Allowed && await flood.ReceiveAsync() is { } frame)
            {
                if (frame.Type is RawHttp2.Reset)
                    refused++;
                isClosed |= frame.Type is RawHttp2.GoAway;
            }
        }
        var reading = ReadAsync();
        try
        {
            for (var i = 0; i < Calls; i++)
                await flood.SendAsync(RawHttp2.Call((2 * i) + 1, "/iggy.v1.Messages/Subscribe", fixture.Token));
        }
        catch (System.Net.Sockets.SocketException)
        {
            isClosed = true; // sent away in the middle of it, which is a refusal too
        }
        Assert.Equal(0UL, (await fixture.SendAsync(stream, 0, 1)).BaseOffset);
        await reading;
        Assert.True(isClosed || refused >= Calls - Allowed, $"{refused} were refused");
        Assert.Equal(1UL, (await fixture.SendAsync(stream, 1, 1)).BaseOffset);
    }

    // Goal: whoever takes no answer, or stops inside a large message, loses the call and the memory that it holds, and its connection goes on. Method: an answer of
    // 200 KB into a window of nothing, or a message of 100 KB of which some bytes come; then another call on the same connection.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_ThatStall_AreEnded(bool inTheAnswer)
    {
        await using var server = await ServerProcess.StartAsync(settings: GrpcFixture.Settings(("Iggy__Limits__StallTimeout", "00:00:01")));
        using var channel = GrpcChannel.ForAddress($"http://{server.Grpc}");
        var token = await GrpcFixture.LogInAsync(channel);
        var (root, admin) = (GrpcFixture.Bearer(token), new Admin.AdminClient(channel));
        await admin.CreateStreamAsync(new CreateStreamRequest { Name = "s" }, root, cancellationToken: GrpcFixture.Cancelled);
        await admin.CreateTopicAsync(new CreateTopicRequest { Stream = "s", Name = "t", PartitionsCount = 1 }, root, cancellationToken: GrpcFixture.Cancelled);
        await new Messages.MessagesClient(channel).SendAsync(
            new SendRequest { Stream = "s", Topic = "t", Messages = { new NewMessage { Payload = ByteString.CopyFrom(new byte[200_000]) } } }, root, cancellationToken: GrpcFixture.Cancelled);

        using var connection = await RawHttp2.ConnectAsync(server.Grpc, window: 0);
        var poll = new PollRequest { Stream = "s", Topic = "t", From = StartFrom.First, Count = 1 }.ToByteArray();
        await connection.SendAsync(RawHttp2.Call(1, inTheAnswer ? "/iggy.v1.Messages/Poll" : "/iggy.v1.Messages/Send", token));
        await connection.SendAsync(inTheAnswer ? RawHttp2.Message(1, RawHttp2.EndStream, poll.Length, poll) : RawHttp2.Message(1, 0, 100_000, new byte[100]));
        Assert.Equal((RawHttp2.Reset, 1), await NextAsync(connection, RawHttp2.Reset));
        await connection.SendAsync(RawHttp2.Call(3, "/grpc.health.v1.Health/Check", token));
        await connection.SendAsync(RawHttp2.Message(3, RawHttp2.EndStream, 0, []));
        Assert.Equal((RawHttp2.Headers, 3), await NextAsync(connection, RawHttp2.Headers, stream: 3));
        Directory.Delete(server.DataPath, recursive: true);

        static async Task<(byte Type, int Stream)> NextAsync(RawHttp2 connection, byte type, int stream = 1)
        {
            while (await connection.ReceiveAsync() is { } frame)
            {
                if (frame.Type == type && frame.Stream == stream)
                    return (frame.Type, frame.Stream);
            }
            throw new EndOfStreamException("The connection was closed.");
        }
    }

    // Goal: calls above the limit of the server are refused with the name of the setting; probes are heard all the same.
    [Fact]
    public async Task Calls_AboveTheLimitOfTheServer_AreRefused()
    {
        await using var server = await ServerProcess.StartAsync(settings: GrpcFixture.Settings(("Iggy__Grpc__MaxCalls", "2")));
        using var channel = GrpcChannel.ForAddress($"http://{server.Grpc}");
        var root = GrpcFixture.Bearer(await GrpcFixture.LogInAsync(channel));
        var admin = new Admin.AdminClient(channel);
        await admin.CreateStreamAsync(new CreateStreamRequest { Name = "s" }, root, cancellationToken: GrpcFixture.Cancelled);
        await admin.CreateTopicAsync(new CreateTopicRequest { Stream = "s", Name = "t", PartitionsCount = 1 }, root, cancellationToken: GrpcFixture.Cancelled);
        using Subscriber first = await Subscriber.OpenAsync(new Messages.MessagesClient(channel), root, new Start { Stream = "s", Topic = "t" }),
            second = await Subscriber.OpenAsync(new Messages.MessagesClient(channel), root, new Start { Stream = "s", Topic = "t" });
        await first.NextAsync(SubscribeResponse.EventOneofCase.Started);
        await second.NextAsync(SubscribeResponse.EventOneofCase.Started);
        var refused = await Assert.ThrowsAsync<RpcException>(() => admin.ListStreamsAsync(new ListStreamsRequest(), root, cancellationToken: GrpcFixture.Cancelled).ResponseAsync);
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Contains("Iggy:Grpc:MaxCalls", refused.Status.Detail, StringComparison.Ordinal);
        await new global::Grpc.Health.V1.Health.HealthClient(channel).CheckAsync(new global::Grpc.Health.V1.HealthCheckRequest(), cancellationToken: GrpcFixture.Cancelled);
        Directory.Delete(server.DataPath, recursive: true);
    }

    // Goal: bytes that are no HTTP/2 end their connection and nothing else.
    [Fact]
    public async Task Connections_ThatSpeakSomethingElse_AreClosed()
    {
        using var connection = await RawHttp2.ConnectAsync(fixture.Server.Grpc);
        await connection.SendAsync(RawHttp2.Frame(RawHttp2.Headers, RawHttp2.EndHeaders, 1, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]));
        while (await connection.ReceiveAsync() is not null)
            continue;
        await fixture.Admin.ListStreamsAsync(new ListStreamsRequest(), fixture.Root, cancellationToken: GrpcFixture.Cancelled);
    }

    private async Task<string> StatusAsync(HttpClient http, byte[] body, int length)
    {
        var frame = new byte[5 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        body.CopyTo(frame, 5);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/iggy.v1.Messages/Send") { Version = new Version(2, 0), VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", fixture.Token);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        using var response = await http.SendAsync(request, GrpcFixture.Cancelled);
        await response.Content.ReadAsByteArrayAsync(GrpcFixture.Cancelled);
        return response.TrailingHeaders.TryGetValues("grpc-status", out var status) || response.Headers.TryGetValues("grpc-status", out status)
            ? status.Single()
            : throw new InvalidOperationException($"{body.Length} of {length} bytes were answered without a status: {response}");
    }
}
