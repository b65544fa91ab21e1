using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class UserDirectoryTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Create_AfterDeletes_NeverGivesAnIdAgain()
    {
        await using (var server = await StartAsync())
        {
            foreach (var name in new[] { "a", "b", "c" })
                await MakeAsync(server, name);
            Assert.Equal([0u, 1u, 2u, 3u], (await server.Users.ListAsync()).Select(user => user.Id));
            await server.Users.DeleteAsync(3);
            Assert.Equal(4u, await MakeAsync(server, "c"));
            await server.Users.DeleteAsync(4);
            await server.Users.DeleteAsync(1);
        }

        await using (var server = await StartAsync())
        {
            Assert.Equal([0u, 2u], (await server.Users.ListAsync()).Select(user => user.Id));
            Assert.Equal(5u, await MakeAsync(server, "a"));
            Assert.Null(await server.Users.GetAsync(4));
        }
    }

    [Fact]
    public async Task Create_Refused_MakesNothing()
    {
        await using var server = await StartAsync(silo => silo.Services.Configure<UserOptions>(options => options.MaxUsers = 3));
        await MakeAsync(server, "alice");
        await Server.RefusedAsync(Refusal.UserNameTaken, () => MakeAsync(server, "alice"));
        await Server.RefusedAsync(Refusal.UserNameTaken, () => MakeAsync(server, "root"));
        await MakeAsync(server, "ALICE"); // byte for byte
        await Server.RefusedAsync(Refusal.TooManyUsers, () => MakeAsync(server, "bob"));
        Assert.Equal(["root", "alice", "ALICE"], (await server.Users.ListAsync()).Select(user => user.Username));
    }

    [Fact]
    public async Task Update_NameAndStatus_AreOneStepAndKeptAcrossARestart()
    {
        await using (var server = await StartAsync())
        {
            var id = await MakeAsync(server, "alice");
            await MakeAsync(server, "bob");
            await Server.RefusedAsync(Refusal.UserNameTaken, () => server.Users.UpdateAsync(id, "bob", inactive: true).AsTask());
            Assert.False((await server.Users.FindByIdAsync(id))!.Inactive);

            await server.Users.UpdateAsync(id, "carol", inactive: true);
            await server.Users.UpdateAsync(id, "carol", inactive: null);
            await Server.RefusedAsync(Refusal.UserNotFound, () => server.Users.UpdateAsync(9, "x", null).AsTask());
        }

        await using (var server = await StartAsync())
        {
            var user = await server.Users.FindByNameAsync("carol");
            Assert.True(user!.Inactive);
            Assert.Null(await server.Users.FindByNameAsync("alice"));
            await server.Users.UpdateAsync(user.Id, null, inactive: false);
            Assert.False((await server.Users.FindByNameAsync("carol"))!.Inactive);
        }
    }

    [Fact]
    public async Task Root_Always_StaysActiveAndAllowedEverything()
    {
        await using var server = await StartAsync();
        await Server.RefusedAsync(Refusal.RootStays, () => server.Users.DeleteAsync(0).AsTask());
        await Server.RefusedAsync(Refusal.RootKeepsPermissions, () => server.Users.SetPermissionsAsync(0, null).AsTask());
        await Server.RefusedAsync(Refusal.RootKeepsPermissions, () => server.Users.UpdateAsync(0, "other", inactive: true).AsTask());
        await server.Users.UpdateAsync(0, "admin", inactive: false);

        var root = await server.Users.GetAsync(0);
        Assert.Equal(("admin", false), (root!.Entry.Username, root.Entry.Inactive));
        Assert.Equal(UserPermissions.All, root.Permissions);
    }

    [Fact]
    public async Task ChangePassword_AsksForThePresentOne_AndTheNewOneCountsAfterARestart()
    {
        await using (var server = await StartAsync())
        {
            var user = User(server, await MakeAsync(server, "alice"));
            Assert.Equal(Refusal.InvalidCredentials, await user.ChangePasswordAsync("wrong", "new secret"));
            Assert.Equal(Refusal.None, await user.VerifyPasswordAsync("secret", cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(Refusal.None, await user.ChangePasswordAsync("secret", "new secret"));
            Assert.Equal(Refusal.InvalidCredentials, await user.VerifyPasswordAsync("secret", cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(Refusal.UserNotFound, await User(server, 9).ChangePasswordAsync("secret", "new secret"));
        }

        await using (var server = await StartAsync())
        {
            Assert.Equal(Refusal.InvalidCredentials, await User(server, 1).VerifyPasswordAsync("secret", cancellationToken: TestContext.Current.CancellationToken));
            Assert.Equal(Refusal.None, await User(server, 1).VerifyPasswordAsync("new secret", cancellationToken: TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Delete_Always_LeavesNoState()
    {
        await using var server = await StartAsync();
        var id = await MakeAsync(server, "alice");
        await User(server, id).CreateTokenAsync("token", 0);
        await server.Users.DeleteAsync(id);

        Assert.Null(await server.Users.FindByNameAsync("alice"));
        Assert.Equal(["tokens", "user", "users"], server.StoredStates()); // root's and the empty shard
        Assert.Equal(Refusal.InvalidCredentials, await User(server, id).VerifyPasswordAsync("secret", cancellationToken: TestContext.Current.CancellationToken));
        await Server.RefusedAsync(Refusal.UserNotFound, () => server.Users.DeleteAsync(id).AsTask());
        await Server.RefusedAsync(Refusal.UserNotFound, () => User(server, id).CreateTokenAsync("token", 0).AsTask());
        await Server.RefusedAsync(Refusal.UserNotFound, () => User(server, id).SetPermissionsAsync(null).AsTask());
    }

    [Theory]
    [InlineData("user")]
    [InlineData("users")]
    public async Task Changes_RowNotWritten_ChangeNothing(string broken)
    {
        await using var server = await StartAsync();
        var id = await MakeAsync(server, "alice");
        var before = await server.Users.ListAsync();
        server.BreakWrites(broken);
        await Server.RefusedAsync(Refusal.StorageFailed, () => MakeAsync(server, "bob"));
        await Server.RefusedAsync(Refusal.StorageFailed, () => server.Users.SetPermissionsAsync(id, Grant(0, 0)).AsTask());
        if (broken is "user")
            await Server.RefusedAsync(Refusal.StorageFailed, () => User(server, id).ChangePasswordAsync("secret", "other").AsTask());
        else
            await Server.RefusedAsync(Refusal.StorageFailed, () => server.Users.UpdateAsync(id, "carol", true).AsTask());
        server.MendWrites();

        Assert.Equal(before.Select(user => user.Username), (await server.Users.ListAsync()).Select(user => user.Username));
        Assert.Null((await server.Users.GetAsync(id))!.Permissions);
        Assert.Equal(Refusal.None, await User(server, id).VerifyPasswordAsync("secret", cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(["user", "user", "users"], server.StoredStates());
        Assert.Equal(2u, await MakeAsync(server, "bob"));
    }

    [Fact]
    public async Task Delete_ThatCouldNotFinish_CountsAndIsFinishedAtTheNextStart()
    {
        await using (var server = await StartAsync())
        {
            var id = await MakeAsync(server, "alice");
            server.BreakWrites("user");
            await server.Users.DeleteAsync(id); // written down by the directory, so it counts
            Assert.Null(await server.Users.GetAsync(id));
            server.MendWrites();
        }

        await using (var server = await StartAsync())
        {
            await server.Log.WaitForAsync(2103);
            Assert.Equal(["user", "users"], server.StoredStates());
            Assert.Equal(2u, await MakeAsync(server, "alice"));
        }
    }

    [Fact]
    public async Task DeleteStreamOrTopic_Always_TakesTheirGrantsFromEveryUser()
    {
        await using var server = await StartAsync();
        var (first, _) = await server.MakeTopicAsync("first");
        var (second, topic) = await server.MakeTopicAsync("second");
        var (alice, bob) = (await MakeAsync(server, "alice", Grant(0, 0, 1)), await MakeAsync(server, "bob"));
        await server.Users.SetPermissionsAsync(bob, new UserPermissions { Global = 4, Streams = [.. Grant(0, 0).Streams, .. Grant(1, 0, 1).Streams] });

        await server.Stream(second.Incarnation).DeleteTopicAsync(topic.Incarnation);
        Assert.Equal([(0u, 0u), (0u, 1u)], await GrantsAsync(server, alice));
        Assert.Equal([(0u, 0u), (1u, 1u)], await GrantsAsync(server, bob));

        await server.Streams.DeleteAsync(first.Incarnation);
        Assert.Empty(await GrantsAsync(server, alice));
        Assert.Equal([(1u, 1u)], await GrantsAsync(server, bob));
        Assert.Equal(4, (await server.Users.GetAsync(bob))!.Permissions!.Global);
        Assert.Equal(0u, (await server.Streams.CreateAsync("again")).Id);
        Assert.Equal(0u, (await server.Stream(second.Incarnation).CreateTopicAsync("again", Server.Defaults, 0)).Id);
    }

    [Fact]
    public async Task Delete_GrantsNotDropped_HoldsTheIdBackUntilTheyAre()
    {
        uint alice;
        await using (var server = await StartAsync())
        {
            var (stream, topic) = await server.MakeTopicAsync("s");
            await server.Stream(stream.Incarnation).CreateTopicAsync("u", Server.Defaults, 0);
            alice = await MakeAsync(server, "alice", Grant(0, 0, 1));
            server.BreakWrites("user");

            await server.Stream(stream.Incarnation).DeleteTopicAsync(topic.Incarnation);
            Assert.Equal(2u, (await server.Stream(stream.Incarnation).CreateTopicAsync("next", Server.Defaults, 0)).Id);
            await server.Streams.DeleteAsync(stream.Incarnation);
            Assert.Equal(1u, (await server.Streams.CreateAsync("next")).Id);
            Assert.NotEmpty(await GrantsAsync(server, alice));
            server.MendWrites();
        }

        await using (var server = await StartAsync())
        {
            await server.Log.WaitForAsync(2103);
            Assert.Empty(await GrantsAsync(server, alice));
            Assert.Equal(0u, (await server.Streams.CreateAsync("again")).Id);
        }
    }

    [Fact]
    public async Task Permissions_Any_AreKeptAcrossARestart()
    {
        await using (var server = await StartAsync())
            await server.Users.SetPermissionsAsync(await MakeAsync(server, "alice", Grant(7, 8)), new UserPermissions { Global = 1 << 9, Streams = Grant(uint.MaxValue, 3).Streams });

        await using (var server = await StartAsync())
        {
            var kept = (await server.Users.GetAsync(1))!.Permissions!;
            Assert.Equal(1 << 9, kept.Global);
            Assert.Equal([(uint.MaxValue, 3u)], await GrantsAsync(server, 1));
            await server.Users.SetPermissionsAsync(1, null);
            Assert.Null((await server.Users.GetAsync(1))!.Permissions);
        }
    }

    private async Task<Server> StartAsync(Action<ISiloBuilder>? configure = null)
    {
        var server = await Server.StartAsync(_folder, configure);
        await server.Users.EnsureRootAsync("root", await server.Services.GetRequiredService<Iggy.Grains.Users.PasswordHasher>().HashAsync("root"));
        return server;
    }

    private static async Task<uint> MakeAsync(Server server, string name, UserPermissions? permissions = null) =>
        (await server.Users.CreateAsync(new NewUser(name, "secret", Inactive: false, permissions))).Entry.Id;

    private static IUserGrain User(Server server, uint id) => server.Grains.GetGrain<IUserGrain>(id);

    private static UserPermissions Grant(uint stream, params byte[] topics) => new()
    {
        Streams = [new StreamGrants { StreamId = stream, Flags = 1, Topics = [.. topics.Select(topic => new TopicGrants(topic, 1))] }],
    };

    private static async Task<(uint Stream, uint Topic)[]> GrantsAsync(Server server, uint user) =>
        [.. (await server.Users.GetAsync(user))!.Permissions!.Streams.SelectMany(stream => stream.Topics, (stream, topic) => (stream.StreamId, topic.TopicId))];
}
