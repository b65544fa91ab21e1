using System.Buffers.Binary;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Sessions of the 0.12 line, which outlive their connections.</summary>
public sealed class LogicalSessionTests(ServerFixture fixture)
{
    [Fact]
    public async Task Login_OfTheLine_IsAnsweredWithItsVersionAndANumberForProducers()
    {
        using var client = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp);
        Assert.Equal(0u, (await client.AskAsync(1, [], number: 0)).Status); // a ping before the login tells no line
        Assert.Equal(40u, (await client.AskAsync(201, [], number: 0)).Status);
        var reply = await client.RegisterAsync(ServerProcess.Username, ServerProcess.Password);
        Assert.Equal((0, 0u, 0x3000u), (reply.Eviction, reply.Status, BinaryPrimitives.ReadUInt32LittleEndian(reply.Body.AsSpan(16))));
        Assert.Equal(0u, RawSessionsClient.Read(reply).Status); // with its proof
        Assert.InRange(client.Identity.Session, 1UL, (1UL << 43) - 1);
        Assert.Equal("0.10.0", System.Text.Encoding.ASCII.GetString(reply.Body.AsSpan(21)));
        var again = await client.RegisterAsync(ServerProcess.Username, ServerProcess.Password);
        Assert.Equal(reply.Body, again.Body); // the first reply was lost: the same session

        using var thief = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, new SessionIdentity { Client = client.Identity.Client });
        Assert.Equal(12, (await thief.RegisterAsync(ServerProcess.Username, ServerProcess.Password)).Eviction);
        Assert.Equal(0u, (await client.AskAsync(201, [])).Status);
        foreach (var version in new uint[] { 0x3003, 0x3400, 0x4000_3000 })
        {
            using var other = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp);
            var refused = await other.RegisterAsync(ServerProcess.Username, ServerProcess.Password, version);
            Assert.Equal((14, 0x3002u, 0x2c00u), (refused.Eviction, BinaryPrimitives.ReadUInt32LittleEndian(refused.Head.AsSpan(144)), BinaryPrimitives.ReadUInt32LittleEndian(refused.Head.AsSpan(148))));
        }
        using var wrong = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp);
        Assert.Equal(9, (await wrong.RegisterAsync(ServerProcess.Username, "wrong password")).Eviction);
        Assert.Equal(15, (await wrong.RegisterAsync(ServerProcess.Username, ServerProcess.Password, secret: [1, 2])).Eviction);
        Assert.Equal(0, (await wrong.RegisterAsync(ServerProcess.Username, ServerProcess.Password)).Eviction);
    }

    [Fact]
    public async Task Stats_TellOpenFilesAndTheirLimit()
    {
        using var client = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var stats = await client.DoAsync(10);
        var (open, limit) = (BinaryPrimitives.ReadUInt64LittleEndian(stats.AsSpan(stats.Length - 16)), BinaryPrimitives.ReadUInt64LittleEndian(stats.AsSpan(stats.Length - 8)));
        Assert.InRange(open, 1UL, limit);
    }

    [Fact]
    public async Task Bind_OfFurtherConnections_KeepsSessionAndGroups()
    {
        var first = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var (stream, topic) = await NewTopicAsync(first);
        await first.DoAsync(602, stream, topic, Name("g"));
        await first.DoAsync(604, stream, topic, Id("g"));

        using var second = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, first.Identity);
        var bound = await second.BindAsync();
        Assert.Equal((0u, first.Identity.Session), (bound.Status, BinaryPrimitives.ReadUInt64LittleEndian(bound.Body.AsSpan(4))));
        Assert.NotEmpty(await second.DoAsync(606, stream, topic, Id("g"))); // the member is the session
        Assert.Equal(0u, (await first.AskAsync(201, [])).Status); // a bind fences nobody off

        first.Dispose();
        await second.DoAsync(1);
        second.Dispose();
        using var third = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, first.Identity);
        Assert.Equal(0u, (await third.BindAsync(session: 0)).Status); // whichever there is
        Assert.NotEmpty(await third.DoAsync(606, stream, topic, Id("g")));
        await third.DoAsync(39);
        Assert.Equal(40u, (await third.AskAsync(201, [])).Status);
        using var late = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, first.Identity);
        Assert.Equal(40u, (await late.BindAsync()).Status); // a logout ends it everywhere
        Assert.Equal(0, (await late.RegisterAsync(ServerProcess.Username, ServerProcess.Password)).Eviction);
        Assert.Empty(await late.DoAsync(606, stream, topic, Id("g")));
    }

    [Fact]
    public async Task Bind_WithoutLeave_IsRefusedAndTheConnectionStaysUsable()
    {
        using var owner = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        using var client = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, owner.Identity);
        Assert.Equal(40u, (await client.BindAsync(secret: new byte[32])).Status);
        Assert.Equal(40u, (await client.BindAsync(session: owner.Identity.Session - 1)).Status);
        Assert.Equal(58u, (await client.BindAsync(watermark: ulong.MaxValue)).Status);
        Assert.Equal(40u, (await client.AskAsync(201, [])).Status);
        Assert.Equal(0u, (await client.BindAsync()).Status);
        Assert.Equal(0u, (await client.AskAsync(201, [])).Status);
        using var nobody = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp);
        Assert.Equal(40u, (await nobody.BindAsync(session: 77)).Status);
        using var other = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, owner.Identity);
        Assert.Equal(14, (await other.BindAsync(version: 0x3fff)).Eviction);
    }

    [Fact]
    public async Task Numbers_ThatAreAskedAgain_AreAnsweredAndNotDoneAgain()
    {
        var client = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var (stream, topic) = await NewTopicAsync(client);
        var context = await client.RouteAsync(stream, topic, 0);
        var number = client.Identity.NextRequest();
        var send = client.RequestFrame(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, [1], [], 1)), context, number);
        await client.SendAsync(Join(send, send)); // the repeat comes while the first may still run
        var (one, two) = (await client.ReceiveAsync(), await client.ReceiveAsync());
        Assert.Equal(one.Body, two.Body);
        Assert.Equal((0u, 0u, number, number), (one.Status, two.Status, one.Request, two.Request));
        var name = Name(ServerFixture.NewName());
        var create = client.RequestFrame(202, name, Context.None, client.Identity.NextRequest());
        await client.SendAsync(Join(create, create));
        Assert.Equal((await client.ReceiveAsync()).Body, (await client.ReceiveAsync()).Body);
        client.Dispose(); // with the reply lost

        using var again = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, client.Identity);
        Assert.Equal(0u, (await again.BindAsync()).Status);
        await again.SendAsync(send);
        var repeated = await again.ReceiveAsync();
        Assert.Equal((0u, (byte)1), (repeated.Status, repeated.Head[220]));
        Assert.Equal(one.Body, repeated.Body);
        var poll = RawSessionsClient.DeferredPoll([1, .. Id(3)], stream, topic, 0, 3, 0, 10, false, 0);
        Assert.Single(RawSessionsClient.ReadPoll((await again.AskAsync(106, poll, context)).Payload).Messages);

        Assert.Equal(0u, (await again.AskAsync(202, Name(ServerFixture.NewName()), number: 1_000_000)).Status); // numbers may jump
        Assert.Equal(85u, (await again.AskAsync(202, Name(ServerFixture.NewName()), number: 999_999)).Status); // and not fall
        Assert.Equal(3u, (await again.AskAsync(202, Name(ServerFixture.NewName()), number: 0)).Status);
        Assert.Equal(0u, (await again.AskAsync(1, [])).Status);
    }

    [Fact]
    public async Task Connection_ThatDiesWithRequestsUnderWay_LosesAndDoublesNothing()
    {
        var client = await RawSessionsClient.LogInAsync(fixture.Server.Tcp);
        var (stream, topic) = await NewTopicAsync(client);
        var context = await client.RouteAsync(stream, topic, 0);
        var frames = Enumerable.Range(1, 200).Select(id => client.RequestFrame(
            101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage((ulong)id, [1], [], 1)), context, client.Identity.NextRequest())).ToArray();
        await client.SendAsync(Join(frames));
        await client.ReceiveAsync();
        client.Dispose();

        using var again = await RawSessionsClient.ConnectAsync(fixture.Server.Tcp, client.Identity);
        Assert.Equal(0u, (await again.BindAsync()).Status);
        foreach (var frame in frames)
        {
            await again.SendAsync(frame);
            Assert.Equal(0u, (await again.ReceiveAsync()).Status);
        }
        var poll = RawSessionsClient.DeferredPoll([1, .. Id(3)], stream, topic, 0, 3, 0, 1000, false, 0);
        var read = RawSessionsClient.ReadPoll((await again.AskAsync(106, poll, context)).Payload).Messages.Select(message => message.IdLow).ToArray();
        Assert.Equal(Enumerable.Range(1, 200).Select(id => (ulong)id), read.Order());
    }

    [Fact]
    public async Task Session_WithoutAConnectionForTooLong_IsGoneAndItsPlacesWithIt()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string> { ["Iggy__Vsr__SessionGrace"] = "00:00:00" });
        using var other = await RawSessionsClient.LogInAsync(server.Tcp);
        var client = await RawSessionsClient.LogInAsync(server.Tcp);
        var (stream, topic) = await NewTopicAsync(client);
        await client.DoAsync(602, stream, topic, Name("g"));
        await client.DoAsync(604, stream, topic, Id("g"));
        client.Dispose();
        while (BinaryPrimitives.ReadUInt32LittleEndian((await other.DoAsync(600, stream, topic, Id("g"))).AsSpan(8)) > 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        using var again = await RawSessionsClient.ConnectAsync(server.Tcp, client.Identity);
        Assert.Equal(40u, (await again.BindAsync()).Status);
    }

    [Fact]
    public async Task Session_OverAKill_IsBoundAgainWithItsGroupsAndNumbersFromBeforeAreNotDoneAgain()
    {
        var data = Directory.CreateTempSubdirectory("iggy-sessions-").FullName;
        try
        {
            var (identity, gone) = (new SessionIdentity(), new SessionIdentity());
            byte[] stream, topic, send, create;
            await using (var server = await ServerProcess.StartAsync(data))
            {
                using var client = await RawSessionsClient.ConnectAsync(server.Tcp, identity);
                await client.RegisterAsync(ServerProcess.Username, ServerProcess.Password);
                (stream, topic) = await NewTopicAsync(client);
                await client.DoAsync(602, stream, topic, Name("g"));
                await client.DoAsync(604, stream, topic, Id("g"));
                var number = identity.NextRequest();
                send = client.RequestFrame(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(1, [1], [], 1)), await client.RouteAsync(stream, topic, 0), number);
                await client.SendAsync(send);
                Assert.Equal(0u, (await client.ReplyAsync(number)).Status);
                number = identity.NextRequest();
                create = client.RequestFrame(202, Name(ServerFixture.NewName()), Context.None, number);
                await client.SendAsync(create);
                Assert.Equal(0u, (await client.ReplyAsync(number)).Status);
                using var other = await RawSessionsClient.ConnectAsync(server.Tcp, gone);
                await other.RegisterAsync(ServerProcess.Username, ServerProcess.Password);
                await other.DoAsync(39);
                await server.KillAsync();
            }
            Assert.Equal(-1, File.ReadAllBytes(Path.Combine(data, "gateway", "sessions")).AsSpan().IndexOf(identity.Secret));
            await using (var server = await ServerProcess.StartAsync(data))
            {
                using (var thief = await RawSessionsClient.ConnectAsync(server.Tcp, new SessionIdentity { Client = identity.Client, Session = identity.Session }))
                {
                    Assert.Equal(40u, (await thief.BindAsync()).Status);
                    Assert.Equal(12, (await thief.RegisterAsync(ServerProcess.Username, ServerProcess.Password)).Eviction);
                }
                using var client = await RawSessionsClient.ConnectAsync(server.Tcp, identity);
                var bound = await client.BindAsync();
                Assert.Equal((0u, identity.Session), (bound.Status, BinaryPrimitives.ReadUInt64LittleEndian(bound.Body.AsSpan(4))));
                Assert.NotEmpty(await client.DoAsync(606, stream, topic, Id("g")));
                foreach (var frame in new[] { send, create })
                {
                    await client.SendAsync(frame);
                    Assert.Equal(85u, (await client.ReceiveAsync()).Status); // whether it was done is not known any more
                }
                var context = await client.RouteAsync(stream, topic, 0);
                Assert.Equal(0u, (await client.AskAsync(101, RawVsrClient.Messages(stream, topic, ToPartition(0), new VsrMessage(2, [1], [], 1)), context)).Status);
                var poll = RawSessionsClient.DeferredPoll([1, .. Id(3)], stream, topic, 0, 3, 0, 10, false, 0);
                Assert.Equal([1UL, 2UL], RawSessionsClient.ReadPoll((await client.AskAsync(106, poll, context)).Payload).Messages.Select(message => message.IdLow));
                using var ended = await RawSessionsClient.ConnectAsync(server.Tcp, gone);
                Assert.Equal(40u, (await ended.BindAsync()).Status); // a logout ends it for good
                await server.KillAsync();
            }
            await using (var server = await ServerProcess.StartAsync(data, new Dictionary<string, string> { ["Iggy__Vsr__SessionGrace"] = "00:00:00" }))
            {
                using var late = await RawSessionsClient.ConnectAsync(server.Tcp, identity);
                Assert.Equal(40u, (await late.BindAsync()).Status);
            }
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task<(byte[] Stream, byte[] Topic)> NewTopicAsync(RawSessionsClient client)
    {
        var name = ServerFixture.NewName();
        await client.DoAsync(202, Name(name));
        await client.DoAsync(302, Id(name), U32(1), Name("t"));
        return (Id(name), Id("t"));
    }
}
