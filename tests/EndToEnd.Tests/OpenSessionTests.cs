using System.Net;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>What a change to a user means for the connections it has open.</summary>
public class OpenSessionTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    [Fact]
    public async Task PermissionChange_WithAnOpenSession_CountsAtTheNextRequest()
    {
        var (root, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = root;
        var (name, user) = await NewUserAsync(root, Global("send_messages"));
        using var __ = user;
        var (send, poll) = (Messages(stream, topic, ToPartition(0), (1, [1], [])), Poll(1, stream, topic, 0, 1, 0, 10));

        for (var i = 0; i < 3; i++) // the routes are remembered by then
        {
            await user.DoAsync(101, send);
            Assert.Equal(41u, (await user.AskAsync(100, poll)).Status);
            await root.DoAsync(36, Id(name), Global("poll_messages"));
            Assert.Equal(41u, (await user.AskAsync(101, send)).Status);
            await user.DoAsync(100, poll);
            await root.DoAsync(36, Id(name), None);
            Assert.Equal(41u, (await user.AskAsync(101, send)).Status);
            Assert.Equal(41u, (await user.AskAsync(100, poll)).Status);
            await root.DoAsync(36, Id(name), Global("send_messages"));
        }
    }

    [Fact]
    public async Task DeleteStreamOrTopic_ThenTheSameIdAgain_GrantsNothingThere()
    {
        await using var server = await ServerProcess.StartAsync();
        using var root = await LogInAsync(AddressOf(server));
        await root.DoAsync(202, Name("s"));
        await root.DoAsync(302, NewTopic(Id("s"), "t", 1));
        await root.DoAsync(33, NewUser("alice", "secret", InTopic(0, 0, "send_messages")));
        await root.DoAsync(33, NewUser("bob", "secret", InStream(0, "send_messages")));
        using var alice = await ConnectAsync(AddressOf(server));
        using var bob = await ConnectAsync(AddressOf(server));
        await alice.DoAsync(38, Login("alice", "secret"));
        await bob.DoAsync(38, Login("bob", "secret"));
        var send = Messages(Id("s"), Id("t"), ToPartition(0), (1, [1], []));
        await alice.DoAsync(101, send);
        await bob.DoAsync(101, send);

        await root.DoAsync(303, Id("s"), Id("t"));
        Assert.Equal(0u, IdOf(await root.DoAsync(302, NewTopic(Id("s"), "t", 1))));
        Assert.Equal(41u, (await alice.AskAsync(101, send)).Status);
        await bob.DoAsync(101, send);

        await root.DoAsync(203, Id("s"));
        Assert.Equal(0u, IdOf(await root.DoAsync(202, Name("s"))));
        await root.DoAsync(302, NewTopic(Id("s"), "t", 1));
        Assert.Equal(41u, (await bob.AskAsync(101, send)).Status);
        Assert.Equal(Wrap(new byte[11]), (await root.DoAsync(31, Id("bob")))[^16..]); // a block is left, with nothing in it
    }

    [Theory]
    [InlineData(101u)]
    [InlineData(120u)]
    [InlineData(41u)]
    [InlineData(12u)]
    [InlineData(201u)]
    public async Task UserGone_WithAnOpenSession_IsToldOnceAndSentAway(uint code)
    {
        var (root, stream, topic) = await fixture.NewTopicAsync(1, AddressOf(fixture.Server));
        using var _ = root;
        byte[] payload = code switch
        {
            101 => Messages(stream, topic, ToPartition(0), (1, [1], [])),
            120 => Join(U8(1), Id(1), stream, topic, U8(1), U32(0)),
            _ => [],
        };
        foreach (var deleted in new[] { true, false })
        {
            var (name, user) = await NewUserAsync(root, Global(GlobalFlags));
            using var __ = user;
            using var looking = await EnterAsync(name);
            await user.DoAsync(code, payload);
            if (deleted)
                await root.DoAsync(34, Id(name));
            else
                await root.DoAsync(35, Id(name), U8(0), U8(1), U8(2));

            await user.DoAsync(1); // a sign of life needs nobody
            Assert.Equal(41u, (await user.AskAsync(code, payload)).Status);
            Assert.True(await user.IsClosedByServerAsync());
            Assert.Equal(Told(20, 100), (await looking.AskAsync(20)).Status);
            Assert.True(await looking.IsClosedByServerAsync());

            using var again = await ConnectAsync(AddressOf(fixture.Server));
            Assert.Equal(Told(38, deleted ? 42u : 47u), (await again.AskAsync(38, Login(name, "secret"))).Status);
            if (deleted)
                continue;
            await root.DoAsync(35, Id(name), U8(0), U8(1), U8(1));
            await again.DoAsync(38, Login(name, "secret"));
            await again.DoAsync(code, payload);
        }
    }

    [Fact]
    public async Task UserGone_ButLoggedInAsAnother_GoesOn()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        var (name, user) = await NewUserAsync(root, None);
        using var _ = user;
        await root.DoAsync(34, Id(name));
        await user.DoAsync(38, Login("iggy", "iggy"));
        await user.DoAsync(32);
    }

    [Fact]
    public async Task PasswordChange_WithOpenSessions_LetsThemGoOn()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        var (name, user) = await NewUserAsync(root, Global("read_users"));
        using var _ = user;
        await root.DoAsync(37, Id(name), Name("secret"), Name("changed"));
        await user.DoAsync(32);
        Assert.Equal(Told(38, 42), (await user.AskAsync(38, Login(name, "secret"))).Status);
        await user.DoAsync(38, Login(name, "changed"));
    }

    private async Task<(string Name, RawClient Client)> NewUserAsync(RawClient root, byte[] permissions)
    {
        var name = $"user-{ServerFixture.NewName()}";
        await root.DoAsync(33, NewUser(name, "secret", permissions));
        return (name, await EnterAsync(name));
    }

    private async Task<RawClient> EnterAsync(string name)
    {
        var client = await ConnectAsync(AddressOf(fixture.Server));
        await client.DoAsync(38, Login(name, "secret"));
        return client;
    }
}
