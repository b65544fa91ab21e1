using System.Text;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class TokenTests : IDisposable
{
    private const ulong Minute = 60_000_000;

    private readonly string _folder = Server.NewFolder();
    private readonly ShiftedClock _clock = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Create_Always_GivesASecretThatIsKeptNowhereAndWorksAfterARestart()
    {
        string token;
        await using (var server = await StartAsync())
        {
            var user = await MakeUserAsync(server);
            token = await user.CreateTokenAsync("first", 0);
            Assert.Equal(50, Convert.FromBase64String(token).Length);
            Assert.Equal(68, token.Length);
            Assert.NotEqual(token, await user.CreateTokenAsync("second", 0));
            Assert.Equal([new TokenEntry("first", 0), new TokenEntry("second", 0)], await user.ListTokensAsync());
        }

        await using (var server = await StartAsync())
        {
            Assert.Equal(1u, await FindAsync(server, token));
            Assert.Equal(Refusal.None, await User(server).VerifyTokenAsync(TokenHash.Of(token)));
            Assert.Equal(Refusal.TokenNotFound, await User(server).VerifyTokenAsync(TokenHash.Of(token[1..])));
        }

        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
        {
            var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(token)));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Convert.FromBase64String(token)));
        }
    }

    [Fact]
    public async Task Create_Refused_MakesNothing()
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        await user.CreateTokenAsync("a", 0);
        await Server.RefusedAsync(Refusal.TokenNameTaken, () => user.CreateTokenAsync("a", 0).AsTask());
        await user.CreateTokenAsync("b", 0);
        await user.CreateTokenAsync("c", 0);
        await Server.RefusedAsync(Refusal.TooManyTokens, () => user.CreateTokenAsync("a", 0).AsTask()); // the limit is told first
        Assert.Equal(["a", "b", "c"], (await user.ListTokensAsync()).Select(token => token.Name));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(ulong.MaxValue, 0)]
    [InlineData(long.MaxValue, 0)]
    [InlineData(Minute, Minute)]
    public async Task Create_AnyExpiry_EndsThenOrNever(ulong expiryMicros, ulong later)
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        var before = (ulong)(_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMicroseconds;
        await user.CreateTokenAsync("a", expiryMicros);
        var end = Assert.Single(await user.ListTokensAsync()).ExpiresAtMicros;
        if (later == 0)
            Assert.Equal(0u, end);
        else
            Assert.InRange(end, before + later - 1, before + later + (20 * Minute));
    }

    [Fact]
    public async Task Expired_Token_LetsNobodyInAndTakesNoNameAndNoRoom()
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        var old = await user.CreateTokenAsync("a", Minute);
        await user.CreateTokenAsync("b", Minute);
        await user.CreateTokenAsync("c", 0);
        Assert.Equal(Refusal.None, await user.VerifyTokenAsync(TokenHash.Of(old)));

        _clock.Shift = TimeSpan.FromMinutes(2);
        Assert.Equal(Refusal.TokenExpired, await user.VerifyTokenAsync(TokenHash.Of(old)));
        Assert.Equal(3, (await user.ListTokensAsync()).Length);
        await user.CreateTokenAsync("a", 0);
        Assert.Equal(["c", "a"], (await user.ListTokensAsync()).Select(token => token.Name));
        Assert.Equal(Refusal.TokenNotFound, await user.VerifyTokenAsync(TokenHash.Of(old)));
        Assert.Null(await FindAsync(server, old));
    }

    [Fact]
    public async Task Delete_OfAnExpiredToken_TakesItOut()
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        var token = await user.CreateTokenAsync("a", Minute);
        _clock.Shift = TimeSpan.FromMinutes(2);
        Assert.Equal(Refusal.TokenExpired, await user.VerifyTokenAsync(TokenHash.Of(token)));
        await user.DeleteTokenAsync("a");
        Assert.Empty(await user.ListTokensAsync());
        Assert.Null(await FindAsync(server, token));
    }

    [Fact]
    public async Task Delete_Always_TakesTheTokenFromUserAndIndex()
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        var token = await user.CreateTokenAsync("a", 0);
        await user.DeleteTokenAsync("a");
        Assert.Empty(await user.ListTokensAsync());
        Assert.Null(await FindAsync(server, token));
        await Server.RefusedAsync(Refusal.TokenNotFound, () => user.DeleteTokenAsync("a").AsTask());

        token = await user.CreateTokenAsync("b", 0);
        await server.Users.DeleteAsync(1);
        Assert.Null(await FindAsync(server, token));
    }

    [Fact]
    public async Task Changes_RowNotWritten_ChangeNothingThatCounts()
    {
        await using var server = await StartAsync();
        var user = await MakeUserAsync(server);
        var token = await user.CreateTokenAsync("a", 0);
        foreach (var broken in new[] { "user", "tokens" })
        {
            server.BreakWrites(broken);
            await Server.RefusedAsync(Refusal.StorageFailed, () => user.CreateTokenAsync("b", 0).AsTask());
            if (broken is "user")
                await Server.RefusedAsync(Refusal.StorageFailed, () => user.DeleteTokenAsync("a").AsTask());
            server.MendWrites();
            Assert.Equal("a", Assert.Single(await user.ListTokensAsync()).Name);
            Assert.Equal(Refusal.None, await user.VerifyTokenAsync(TokenHash.Of(token)));
        }

        server.BreakWrites("tokens");
        await user.DeleteTokenAsync("a"); // the user's own row counts; the entry left in the index leads to nothing
        Assert.Single(server.Log.Of(2203));
        Assert.Equal(1u, await FindAsync(server, token));
        Assert.Equal(Refusal.TokenNotFound, await user.VerifyTokenAsync(TokenHash.Of(token)));
    }

    [Fact]
    public async Task Cleaner_OnItsBeat_RemovesWhatIsExpiredAndNothingElse()
    {
        await using var server = await StartAsync(silo => silo.Services.Configure<TokenOptions>(
            options => (options.CleanerEnabled, options.CleanerInterval) = (true, TimeSpan.FromMilliseconds(5))));
        var user = await MakeUserAsync(server);
        var (ends, stays) = (await user.CreateTokenAsync("ends", Minute), await user.CreateTokenAsync("stays", 60 * Minute));
        _clock.Shift = TimeSpan.FromMinutes(2);
        await server.Log.WaitForAsync(2210);

        Assert.Equal("stays", Assert.Single(await user.ListTokensAsync()).Name);
        Assert.Null(await FindAsync(server, ends));
        Assert.Equal(1u, await FindAsync(server, stays));
    }

    private Task<Server> StartAsync(Action<ISiloBuilder>? configure = null) => Server.StartAsync(_folder, silo =>
    {
        silo.Services.AddSingleton<TimeProvider>(_clock);
        silo.Services.Configure<TokenOptions>(options => (options.MaxTokensPerUser, options.CleanerEnabled) = (3, false));
        configure?.Invoke(silo);
    });

    private static async Task<IUserGrain> MakeUserAsync(Server server)
    {
        var user = await server.Users.CreateAsync(new NewUser("alice", "secret", Inactive: false, Permissions: null));
        Assert.Equal(1u, user.Entry.Id);
        return User(server);
    }

    private static IUserGrain User(Server server) => server.Grains.GetGrain<IUserGrain>(1);

    private static ValueTask<uint?> FindAsync(Server server, string token)
    {
        var hash = TokenHash.Of(token);
        return server.Grains.GetGrain<ITokenIndexGrain>(TokenHash.Shard(hash)).FindAsync(hash);
    }

    // The silo lives by this clock too, so it runs on; only the time of day is moved.
    private sealed class ShiftedClock : TimeProvider
    {
        public TimeSpan Shift { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
    }
}
