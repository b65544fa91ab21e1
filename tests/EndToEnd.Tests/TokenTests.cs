using System.Net;
using System.Text;
using Iggy.Testing;
using static Iggy.EndToEnd.Tests.PermissionBytes;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Personal access tokens over the wire.</summary>
public class TokenTests
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    /// <summary>Whether names of tokens have 3 to 30 bytes, and not as many as any other name.</summary>
    private protected virtual bool LimitsTokenNames => true;

    [Fact]
    public async Task Token_FromBirthToEnd_AnswersAsDocumented()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_PERSONAL_ACCESS_TOKEN_MAX_TOKENS_PER_USER"] = "3",
            ["IGGY_PERSONAL_ACCESS_TOKEN_CLEANER_ENABLED"] = "false",
        });
        using var root = await LogInAsync(AddressOf(server));
        await root.DoAsync(33, NewUser("alice", "secret", Global("read_streams")));
        using var alice = await ConnectAsync(AddressOf(server));
        await alice.DoAsync(38, Login("alice", "secret"));
        using var client = await ConnectAsync(AddressOf(server));

        var token = await alice.DoAsync(42, Name("first"), U64(0));
        Assert.Equal(69, token.Length);
        Assert.Equal(68, token[0]);
        Assert.Equal(50, Convert.FromBase64String(Encoding.ASCII.GetString(token.AsSpan(1))).Length);
        Assert.Equal(Join(Name("first"), U64(0)), await alice.DoAsync(41));
        Assert.Empty(await root.DoAsync(41)); // only the own ones
        Assert.Equal(U32(1), await client.DoAsync(44, token));
        await client.DoAsync(201);
        Assert.Equal(41u, (await client.AskAsync(202, Name("s"))).Status); // what its owner may not do, it may not
        Assert.Equal(U32(1), await client.DoAsync(44, token, new byte[4])); // as one released client sends it

        // 50, 52, 51
        if (LimitsTokenNames)
        {
            Assert.Equal(50u, (await alice.AskAsync(42, Name("ab"), U64(0))).Status);
            Assert.Equal(50u, (await alice.AskAsync(42, Name(new string('x', 31)), U64(0))).Status);
        }
        Assert.Equal(51u, (await alice.AskAsync(42, Name("first"), U64(0))).Status);
        await alice.DoAsync(42, Name("second"), U64(ulong.MaxValue));
        var ending = await alice.DoAsync(42, Name("third"), U64(1));
        var list = await alice.DoAsync(41);
        Assert.Equal(Join(Name("first"), U64(0), Name("second"), U64(0), Name("third")), list[..^8]);
        Assert.InRange(BitConverter.ToUInt64(list, list.Length - 8), 1_700_000_000_000_000ul, (ulong)long.MaxValue);
        Assert.Equal(Told(44, 54), (await client.AskAsync(44, ending)).Status);
        await alice.DoAsync(42, Name("fourth"), U64(0)); // an expired one takes no room
        Assert.Equal(52u, (await alice.AskAsync(42, Name("first"), U64(0))).Status);
        Assert.Equal(Told(44, 20), (await client.AskAsync(44, ending)).Status);
        Assert.Equal(0u, (await root.AskAsync(42, Name("first"), U64(0))).Status); // names are each user's own

        Assert.Equal(Told(44, 20), (await client.AskAsync(44, Name(new string('A', 68)))).Status);
        Assert.Equal(Told(44, 20), (await client.AskAsync(44, Name("no such token"))).Status);
        await root.DoAsync(35, Id(1), U8(0), U8(1), U8(2));
        Assert.Equal(Told(44, 47), (await ReconnectAsync(server, token)).Status);
        await root.DoAsync(35, Id(1), U8(0), U8(1), U8(1));
        Assert.Equal(0u, (await ReconnectAsync(server, token)).Status);

        Assert.Equal(20u, (await alice.AskAsync(43, Name("nothing"))).Status);
        await alice.DoAsync(43, Name("first"), new byte[4]);
        Assert.Equal(Told(44, 20), (await ReconnectAsync(server, token)).Status);
        await client.DoAsync(201); // a session outlives the token that opened it

        var last = await alice.DoAsync(42, Name("last"), U64(0));
        await root.DoAsync(34, Id(1));
        Assert.Equal(Told(44, 20), (await ReconnectAsync(server, last)).Status);
        Assert.Equal(40u, (await (await ConnectAsync(AddressOf(server))).AskAsync(42, Name("token"), U64(0))).Status);
    }

    private async Task<(uint Status, byte[] Payload)> ReconnectAsync(ServerProcess server, byte[] token)
    {
        using var client = await ConnectAsync(AddressOf(server));
        return await client.AskAsync(44, token);
    }
}
