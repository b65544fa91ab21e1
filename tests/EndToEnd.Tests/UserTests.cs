using System.Net;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Users over the wire: records, refusals in their order, passwords.</summary>
public class UserTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    [Fact]
    public async Task Create_Then_Get_IsTheDocumentedRecord()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        var name = NewName();
        byte[] block = // global read_users; stream 1 with poll and topics 2 and 9; stream 70000
        [
            0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1,
            1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0, 1, 1, 1, 1, 1, 9, 0, 0, 0, 0, 0, 0, 1, 0, 1,
            0x70, 0x11, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0,
        ];
        var made = await root.DoAsync(33, NewUser(name, "secret", Wrap(block)));
        Assert.Equal(Join(made[..4], made[4..12], U8(1), Name(name), Wrap(block)), made);
        Assert.InRange(BitConverter.ToUInt64(made, 4), 1_700_000_000_000_000ul, ulong.MaxValue);
        Assert.Equal(made, await root.DoAsync(31, Id(name)));
        Assert.Equal(made, await root.DoAsync(31, Id(IdOf(made))));

        await root.DoAsync(36, Id(name), None);
        Assert.Equal(Join(made[..12], U8(1), Name(name), U32(0)), await root.DoAsync(31, Id(name)));
        await root.DoAsync(36, Id(name), Global());
        Assert.Equal(Join(made[..12], U8(1), Name(name), Wrap(new byte[11])), await root.DoAsync(31, Id(name)));

        using var user = await EnterAsync(name, "secret");
        Assert.Equal(await root.DoAsync(31, Id(name)), await user.DoAsync(31, Id(name)));
        Assert.Equal(41u, (await user.AskAsync(32)).Status);
    }

    [Fact]
    public async Task Refusals_Always_ComeInTheDocumentedOrder()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        var name = NewName();
        await root.DoAsync(33, NewUser(name, "secret", None));
        using var user = await EnterAsync(name, "secret");

        // 33: 41, 43, 44, 3, 46
        await RefusedAsync(user, 41, 33, NewUser("x", "x", None, status: 9));
        await RefusedAsync(root, 43, 33, NewUser("x", "x", None, status: 9));
        await RefusedAsync(root, 43, 33, NewUser(new string('x', 51), "secret", None));
        await RefusedAsync(root, 44, 33, NewUser(name, "x", None, status: 9));
        await RefusedAsync(root, 44, 33, NewUser(name, new string('x', 101), None));
        await RefusedAsync(root, 3, 33, NewUser(name, "secret", None, status: 9));
        await RefusedAsync(root, 46, 33, NewUser(name, "secret", None));
        await RefusedAsync(root, 4, 33, Join(Name(NewName()), Name("secret"), U8(1), Wrap([.. new byte[11], 7]))); // bytes behind the block
        // 34: 41, 20, 48
        await RefusedAsync(user, 41, 34, Id("nobody"));
        await RefusedAsync(root, 20, 34, Id("nobody"));
        await RefusedAsync(root, 48, 34, Id(0));
        // 35: 41, 43, 3, 20, 46; root stays active
        await RefusedAsync(user, 41, 35, Join(Id("nobody"), U8(1), Name("x"), U8(1), U8(9)));
        await RefusedAsync(root, 43, 35, Join(Id("nobody"), U8(1), Name("x"), U8(1), U8(9)));
        await RefusedAsync(root, 3, 35, Join(Id("nobody"), U8(0), U8(1), U8(9)));
        await RefusedAsync(root, 20, 35, Join(Id("nobody"), U8(1), Name(name), U8(0)));
        await RefusedAsync(root, 46, 35, Join(Id(name), U8(1), Name("iggy"), U8(0)));
        await RefusedAsync(root, 49, 35, Join(Id(0), U8(0), U8(1), U8(2)));
        // 36: 41, 20, 49
        await RefusedAsync(user, 41, 36, Join(Id(0), None));
        await RefusedAsync(root, 20, 36, Join(Id("nobody"), None));
        await RefusedAsync(root, 49, 36, Join(Id(0), None));
        // 37: 44, 20, 41, 42
        await RefusedAsync(user, 44, 37, Join(Id("nobody"), Name("x"), Name("secret")));
        await RefusedAsync(user, 44, 37, Join(Id("nobody"), Name("secret"), Name("x")));
        await RefusedAsync(user, 20, 37, Join(Id("nobody"), Name("wrong"), Name("secret")));
        await RefusedAsync(user, 41, 37, Join(Id(0), Name("wrong"), Name("secret")));
        await RefusedAsync(user, 42, 37, Join(Id(name), Name("wrong"), Name("secret")));
        await RefusedAsync(root, 42, 37, Join(Id(name), Name("iggy"), Name("secret"))); // the user's own is asked for, not root's
    }

    [Fact]
    public async Task Update_NameAndStatus_CountAtTheNextLogin()
    {
        using var root = await LogInAsync(AddressOf(fixture.Server));
        var (name, renamed) = (NewName(), NewName());
        await root.DoAsync(33, NewUser(name, "secret", None, status: 2));
        Assert.Equal(Told(38, 47), await TryLogInAsync(name, "secret"));
        Assert.Equal(Told(38, 42), await TryLogInAsync(name, "wrong")); // who does not know the password learns nothing of the status

        await root.DoAsync(35, Id(name), U8(1), Name(renamed), U8(1), U8(1));
        Assert.Equal(Told(38, 42), await TryLogInAsync(name, "secret"));
        Assert.Equal(0u, await TryLogInAsync(renamed, "secret"));
        await root.DoAsync(35, Id(renamed), U8(1), Name(renamed), U8(0)); // its own name
        await root.DoAsync(35, Id(renamed), U8(0), U8(0));
        Assert.Equal(1, (await root.DoAsync(31, Id(renamed)))[12]);
    }

    [Fact]
    public async Task Server_RestartedAfterChanges_KeepsThemAndNoPasswordLiesInItsFolder()
    {
        const string password = "correct horse battery staple", changed = "another secret altogether";
        var server = await ServerProcess.StartAsync();
        try
        {
            byte[] made, users, token;
            using (var root = await LogInAsync(AddressOf(server)))
            {
                made = await root.DoAsync(33, NewUser("alice", password, Global("read_users")));
                Assert.Equal(1u, IdOf(made));
                await root.DoAsync(33, NewUser("bob", password, None));
                await root.DoAsync(34, Id("bob"));
                using var alice = await ConnectAsync(AddressOf(server));
                await alice.DoAsync(38, Login("alice", password));
                await alice.DoAsync(37, Id(1), Name(password), Name(changed));
                Assert.Equal(Told(38, 42), (await alice.AskAsync(38, Login("alice", password))).Status);
                token = await alice.DoAsync(42, Name("token"), U64(0));
                users = await root.DoAsync(32);
            }
            Assert.Equal(0, await server.StopAsync());
            await server.DisposeAsync();
            foreach (var file in Directory.EnumerateFiles(server.DataPath, "*", SearchOption.AllDirectories))
            {
                var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
                foreach (var secret in new[] { Name(password)[1..], Name(changed)[1..], token[1..] })
                    Assert.True(bytes.AsSpan().IndexOf(secret) < 0, $"A secret lies in {file}.");
            }

            server = await ServerProcess.StartAsync(server.DataPath);
            using var again = await ConnectAsync(AddressOf(server));
            Assert.Equal(Told(38, 42), (await again.AskAsync(38, Login("alice", password))).Status);
            Assert.Equal(U32(1), await again.DoAsync(38, Login("alice", changed)));
            Assert.Equal(users, await again.DoAsync(32));
            Assert.Equal(made, await again.DoAsync(31, Id(1)));
            Assert.Equal(U32(1), await again.DoAsync(44, token));
            using var administrator = await LogInAsync(AddressOf(server));
            Assert.Equal(3u, IdOf(await administrator.DoAsync(33, NewUser("bob", password, None)))); // 2 was another bob
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    [Fact]
    public async Task Login_FailingTooOften_IsSlowedAndTheRightPasswordStaysGood()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["Iggy__Login__FailuresPerMinute"] = "2",
            ["Iggy__Login__MaxDelay"] = "00:00:00.010",
        });
        using var client = await ConnectAsync(AddressOf(server));
        for (var i = 0; i < 5; i++)
            Assert.Equal(Told(38, 42), (await client.AskAsync(38, Login(i % 2 == 0 ? "iggy" : $"nobody{i}", "wrong"))).Status);
        Assert.Equal(0u, (await client.AskAsync(38, Login("iggy", "iggy"))).Status); // slowed failures never keep the right password out
        Assert.Equal(Told(38, 42), (await client.AskAsync(38, Login("iggy", "wrong"))).Status);
        Assert.Equal(0u, (await client.AskAsync(38, Login("iggy", "iggy"))).Status); // nor do failures that are many
        Assert.Equal(Told(44, 20), (await client.AskAsync(44, Name("whatever"))).Status);
        Assert.Equal(0u, (await client.AskAsync(20)).Status); // whoever is in stays in
    }

    private static string NewName() => $"user-{ServerFixture.NewName()}";

    private async Task<RawClient> EnterAsync(string name, string password)
    {
        var client = await ConnectAsync(AddressOf(fixture.Server));
        await client.DoAsync(38, Login(name, password));
        return client;
    }

    private async Task<uint> TryLogInAsync(string name, string password)
    {
        using var client = await ConnectAsync(AddressOf(fixture.Server));
        return (await client.AskAsync(38, Login(name, password))).Status;
    }

    private static async Task RefusedAsync(RawClient client, uint expected, uint code, byte[] payload)
    {
        var (status, _) = await client.AskAsync(code, payload);
        Assert.True(expected == status, $"Command {code}: expected {expected}, got {status}.");
    }
}
