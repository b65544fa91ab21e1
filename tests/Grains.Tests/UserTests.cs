using System.Text;
using Iggy.Grains.Interfaces;
using Iggy.Grains.Interfaces.Users;
using Iggy.Grains.Tests.Setup;
using Iggy.Grains.Users;
using Microsoft.Extensions.DependencyInjection;

namespace Iggy.Grains.Tests;

public sealed class UserTests : IDisposable
{
    private readonly string _folder = Server.NewFolder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task EnsureRoot_Repeated_KeepsTheFirstAcrossRestarts()
    {
        const string password = "p\u00e4ssword that must not be in a file";
        UserEntry root;
        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.Null(await server.Users.FindByNameAsync("iggy"));
            Assert.True(await server.Users.EnsureRootAsync("iggy", await HashAsync(server, password)));
            Assert.False(await server.Users.EnsureRootAsync("other", await HashAsync(server, "other")));
            root = Assert.Single(await server.Users.ListAsync());
            Assert.Equal((0u, "iggy"), (root.Id, root.Username));
            Assert.Equal(Refusal.None, await VerifyAsync(server, password));
            Assert.Equal(Refusal.InvalidCredentials, await VerifyAsync(server, "other"));
        }

        await using (var server = await Server.StartAsync(_folder))
        {
            Assert.False(await server.Users.EnsureRootAsync("other", await HashAsync(server, "other")));
            Assert.Equal(root, await server.Users.FindByNameAsync("iggy"));
            Assert.Equal(root, await server.Users.FindByIdAsync(0));
            Assert.Null(await server.Users.FindByIdAsync(1));
            Assert.Equal(Refusal.None, await VerifyAsync(server, password));
        }

        foreach (var file in Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories))
            Assert.Equal(-1, (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).AsSpan().IndexOf(Encoding.UTF8.GetBytes(password)));
    }

    [Fact]
    public async Task VerifyPassword_OneByteOffAtTheEndOfHundred_IsWrong()
    {
        await using var server = await Server.StartAsync(_folder);
        var password = new string('x', 100);
        await server.Users.EnsureRootAsync("iggy", await HashAsync(server, password));

        // Twice each: the second time the last right password is remembered.
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(Refusal.InvalidCredentials, await VerifyAsync(server, password[..^1] + "y"));
            Assert.Equal(Refusal.InvalidCredentials, await VerifyAsync(server, password[..^1]));
            Assert.Equal(Refusal.InvalidCredentials, await VerifyAsync(server, ""));
            Assert.Equal(Refusal.None, await VerifyAsync(server, password));
        }
    }

    [Fact]
    public async Task VerifyPassword_AfterTheHashChanged_ForgetsTheOldPassword()
    {
        await using var server = await Server.StartAsync(_folder);
        await server.Users.EnsureRootAsync("iggy", await HashAsync(server, "old"));
        Assert.Equal(Refusal.None, await VerifyAsync(server, "old"));

        await server.Grains.GetGrain<IUserGrain>(0).CreateAsync(await HashAsync(server, "new"));

        Assert.Equal(Refusal.InvalidCredentials, await VerifyAsync(server, "old"));
        Assert.Equal(Refusal.None, await VerifyAsync(server, "new"));
    }

    [Fact]
    public async Task VerifyPassword_OfNobody_IsWrong()
    {
        await using var server = await Server.StartAsync(_folder);
        Assert.Equal(Refusal.InvalidCredentials, await server.Grains.GetGrain<IUserGrain>(5).VerifyPasswordAsync("anything", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Hash_OfTheSamePassword_IsSaltedAndHasTheWorkFactor()
    {
        using var hasher = new PasswordHasher(Microsoft.Extensions.Options.Options.Create(new Iggy.Grains.Options.UserOptions { PasswordWorkFactor = 5 }));
        var (one, two) = (await hasher.HashAsync("password"), await hasher.HashAsync("password"));
        Assert.NotEqual(one, two);
        Assert.Contains("$05$", one, StringComparison.Ordinal);
        Assert.Equal(Refusal.None, await hasher.VerifyAsync("password", one, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(Refusal.InvalidCredentials, await hasher.VerifyAsync("Password", one, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(Refusal.InvalidCredentials, await hasher.VerifyAsync("password", null, cancellationToken: TestContext.Current.CancellationToken));
    }

    private static Task<string> HashAsync(Server server, string password) => server.Services.GetRequiredService<PasswordHasher>().HashAsync(password);

    private static ValueTask<Refusal> VerifyAsync(Server server, string password) => server.Grains.GetGrain<IUserGrain>(0).VerifyPasswordAsync(password, cancellationToken: TestContext.Current.CancellationToken);
}
