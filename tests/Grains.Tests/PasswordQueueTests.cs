using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Options;
using Iggy.Grains.Tests.Setup;
using Iggy.Grains.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

/// <summary>Who waits for whom when many passwords come at once.</summary>
public sealed class PasswordQueueTests : IDisposable
{
    // 2 to this power rounds: a comparison that is not over when the next lines have run.
    private const int Slow = 13, Fast = 4;

    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Hash_ByDefault_CostsTen_AndThoseOfElevenStayGood()
    {
        using var hasher = NewHasher(new UserOptions());
        Assert.Contains("$10$", await hasher.HashAsync("password"), StringComparison.Ordinal);
        using var before = NewHasher(new UserOptions { PasswordWorkFactor = 11 });
        Assert.Equal(Refusal.None, await VerifyAsync(hasher, "password", await before.HashAsync("password")));
    }

    // Goal: a flood is refused at once beyond its bound, and nobody who is known waits behind it. Method: slow comparisons up to the bound, then one more of
    // each kind.
    [Fact]
    public async Task Verify_MoreThanMayWait_IsRefusedAtOnceAndHoldsNobodyKnownUp()
    {
        using var hasher = NewHasher(new UserOptions { PasswordWorkFactor = Slow, MaxWaitingPasswords = 3 });
        using var quick = NewHasher(new UserOptions { PasswordWorkFactor = Fast });
        var (slow, fast) = (await hasher.HashAsync("slow"), await quick.HashAsync("right"));

        var flood = Fill(hasher, slow, turns: Math.Max(1, Environment.ProcessorCount / 2), waiting: 3);
        var refused = VerifyAsync(hasher, "right", fast);
        Assert.True(refused.IsCompletedSuccessfully);
        Assert.Equal(Refusal.TooManyLogins, await refused);

        Assert.Equal(Refusal.None, await VerifyAsync(hasher, "right", fast, isKnown: true));
        Assert.False(flood[^1].IsCompleted, "The last of the flood was compared before.");
        Assert.All(await Task.WhenAll(flood), static refusal => Assert.Equal(Refusal.InvalidCredentials, refusal));
        Assert.Equal(Refusal.None, await VerifyAsync(hasher, "right", fast));
    }

    [Fact]
    public async Task Hash_WithAFullQueueOfThoseKnown_IsRefused()
    {
        using var hasher = NewHasher(new UserOptions { PasswordWorkFactor = Slow, MaxWaitingPasswords = 1 });
        var slow = await hasher.HashAsync("slow");
        var flood = Fill(hasher, slow, turns: Math.Max(1, Environment.ProcessorCount / 4), waiting: 1, isKnown: true);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => hasher.HashAsync("new"));
        Assert.Equal(Refusal.TooManyLogins, refused.Reason);
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task Verify_CancelledWhileItWaits_GivesItsPlaceUp()
    {
        using var hasher = NewHasher(new UserOptions { PasswordWorkFactor = Slow, MaxWaitingPasswords = 1 });
        var slow = await hasher.HashAsync("slow");
        var flood = Fill(hasher, slow, turns: Math.Max(1, Environment.ProcessorCount / 2), waiting: 0);
        using var gone = new CancellationTokenSource();
        var waiting = hasher.VerifyAsync("x", slow, cancellationToken: gone.Token);
        Assert.Equal(Refusal.TooManyLogins, await VerifyAsync(hasher, "x", slow));
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(Refusal.None, await VerifyAsync(hasher, "slow", slow)); // has its place
        await Task.WhenAll(flood);
    }

    // Goal: all connections of one program may come at once. Method: two hundred of them where one password may wait.
    [Fact]
    public async Task VerifyPassword_OneTwoHundredTimesAtOnce_CostsOneComparison()
    {
        await using var server = await Server.StartAsync(_folder, static silo => silo.Services.Configure<UserOptions>(static options => options.MaxWaitingPasswords = 1));
        using var hasher = NewHasher(new UserOptions { PasswordWorkFactor = 11 });
        await server.Users.EnsureRootAsync("iggy", await hasher.HashAsync("right"));
        var user = server.Grains.GetGrain<IUserGrain>(0);
        var logins = Enumerable.Range(0, 200).Select(_ => user.VerifyPasswordAsync("right", cancellationToken: TestContext.Current.CancellationToken).AsTask()).ToArray();
        Assert.All(await Task.WhenAll(logins), static refusal => Assert.Equal(Refusal.None, refusal));
    }

    // Goal: a client that left is nobody's work, and those who wait with it are not cut off by it.
    [Fact]
    public async Task Join_SomeLeave_EndsWithTheLastOfThem()
    {
        var comparisons = new PasswordComparisons();
        var ended = new TaskCompletionSource<Refusal>(TaskCreationOptions.RunContinuationsAsynchronously);
        var starts = 0;
        PasswordComparisons.Key key = new("password", "hash", IsFromKnownPlace: false);
        Task<Refusal> Start(CancellationToken token)
        {
            starts++;
            token.Register(() => ended.TrySetCanceled(token));
            return ended.Task;
        }

        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var (one, two) = (comparisons.JoinAsync(key, Start, first.Token), comparisons.JoinAsync(key, Start, second.Token));
        Assert.Equal((1, 1), (starts, comparisons.Count));
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.False(ended.Task.IsCompleted, "Somebody still waits.");
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        Assert.True(ended.Task.IsCanceled);
        Assert.Equal(0, comparisons.Count);
    }

    private static PasswordHasher NewHasher(UserOptions options) => new(Microsoft.Extensions.Options.Options.Create(options));

    private static Task<Refusal> VerifyAsync(PasswordHasher hasher, string password, string hash, bool isKnown = false) =>
        hasher.VerifyAsync(password, hash, isKnown, TestContext.Current.CancellationToken);

    private static Task<Refusal>[] Fill(PasswordHasher hasher, string hash, int turns, int waiting, bool isKnown = false) =>
        [.. Enumerable.Range(0, turns + waiting).Select(i => VerifyAsync(hasher, $"wrong {i}", hash, isKnown))];
}
