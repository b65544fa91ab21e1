using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using System.Text;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Logging in, looking at the server, and what is not built yet.</summary>
public class SystemTests(ServerFixture fixture)
{
    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    /// <summary>The code by which a refusal is told.</summary>
    private protected virtual uint Told(uint code, uint status) => status;

    /// <summary>Whether a client hears of a stop before its connection ends.</summary>
    private protected virtual bool IsToldOfStop => true;

    // Sizes as the dialect counts them.
    private protected virtual ulong SizeOf(ulong classicBytes, uint messages, uint batches) => classicBytes;

    [Fact]
    public async Task ClusterMetadata_TransportsThatAreOff_HavePortZero()
    {
        await using var server = await ServerProcess.StartAsync(); // TCP alone
        using var client = await LogInAsync(AddressOf(server));
        var ports = (await client.DoAsync(12))[^10..^2]; // TCP, QUIC, HTTP, WebSocket; then role and status
        Assert.Equal([.. BitConverter.GetBytes((ushort)server.Tcp.Port), 0, 0, 0, 0, 0, 0], ports);
    }

    [Fact]
    public async Task Login_RightAndWrong_AnswersAsDocumented()
    {
        using var client = await ConnectAsync(AddressOf(fixture.Server));
        Assert.Equal(Told(38, 42), (await client.AskAsync(38, Login("iggy", "wrong"))).Status);
        Assert.Equal(Told(38, 42), (await client.AskAsync(38, Login("nobody", "wrong"))).Status);
        Assert.Equal(Told(38, 43), (await client.AskAsync(38, Login("ab", "x"))).Status);
        Assert.Equal(Told(38, 44), (await client.AskAsync(38, Login("iggy", "x"))).Status);
        Assert.Equal(U32(0), await client.DoAsync(38, Login("iggy", "iggy")));
        Assert.Equal(U32(0), await client.DoAsync(38, Login("iggy", "iggy"))); // again, on the same connection
        Assert.Empty(await client.DoAsync(39));
        Assert.Equal(40u, (await client.AskAsync(201)).Status);
        Assert.Equal(Told(38, 42), (await client.AskAsync(38, Login("000", "wrong"))).Status); // digits are the id of a user: root's
        Assert.Equal(U32(0), await client.DoAsync(38, Login("000", "iggy")));
    }

    [Fact]
    public async Task GetMe_NamesThisConnection()
    {
        using var client = await LogInAsync(AddressOf(fixture.Server));
        var me = await client.DoAsync(20);
        var address = Encoding.UTF8.GetBytes(client.LocalAddress.Replace("[::ffff:", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal));
        Assert.Equal(Join(U32(XxHash32.HashToUInt32(address)), U32(0), U8(1), U32((uint)address.Length), address, U32(0)), me);
        Assert.Equal(me, await client.DoAsync(21, me[..4]));
        Assert.Equal(101u, (await client.AskAsync(21, U32(0))).Status);
        Assert.Empty(await client.DoAsync(21, U32(BinaryPrimitives.ReadUInt32LittleEndian(me) + 1)));
    }

    [Fact]
    public async Task GetClients_ShowsConnectionsThatAreNotLoggedIn_UntilTheyLeave()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await LogInAsync(AddressOf(server));
        using (var other = await ConnectAsync(AddressOf(server)))
        {
            await other.DoAsync(1);
            var users = Clients(await client.DoAsync(22)).Select(record => record.User).Order();
            Assert.Equal([0u, uint.MaxValue], users);
            other.FinishSending();
            Assert.True(await other.IsClosedByServerAsync());
        }
        Assert.Single(Clients(await client.DoAsync(22)));
    }

    [Fact]
    public async Task GetStats_TellsTrueNumbers()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = await LogInAsync(AddressOf(server));
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 3));
        await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(1), (1, new byte[10], []), (2, new byte[20], [])));

        var stats = await client.DoAsync(10);
        Assert.Equal((uint)server.ProcessId, U32At(stats, 0));
        Assert.True(U64At(stats, 12) > 10_000_000, "resident memory");
        Assert.True(U64At(stats, 20) > U64At(stats, 12), "the machine has more memory than the process takes");
        Assert.True(U64At(stats, 36) > 0 && U64At(stats, 44) > 1_700_000_000_000_000);
        Assert.Equal((SizeOf(158, messages: 2, batches: 1), 1u, 1u, 3u, 3u, 2ul, 1u, 0u),
            (U64At(stats, 68), U32At(stats, 76), U32At(stats, 80), U32At(stats, 84), U32At(stats, 88), U64At(stats, 92), U32At(stats, 100), U32At(stats, 104)));
        var (at, texts) = (108, new List<string>());
        for (var i = 0; i < 5; i++)
        {
            var length = (int)U32At(stats, at);
            texts.Add(Encoding.UTF8.GetString(stats.AsSpan(at + 4, length)));
            at += 4 + length;
        }
        Assert.Equal(Dns.GetHostName(), texts[0]);
        Assert.Equal("0.8.0", texts[4]);
        Assert.Equal((8000u, 0u), (U32At(stats, at), U32At(stats, at + 4)));
        Assert.True(U32At(stats, at + 8) > 1 && U64At(stats, at + 12) > 0 && U64At(stats, at + 20) > U64At(stats, at + 12));
        Assert.Equal(stats.Length, at + 28);
    }

    [Fact]
    public async Task ClusterMetadata_IsOneHealthyLeaderOnTheRealPort()
    {
        using var client = await LogInAsync(AddressOf(fixture.Server));
        static byte[] Port(int port) => [(byte)port, (byte)(port >> 8)];
        var server = fixture.Server;
        byte[] Text(string text) => Join(U32((uint)text.Length), Encoding.UTF8.GetBytes(text));
        Assert.Equal(
            Join(Text("single-node"), U32(1), Text("iggy-node"), Text("127.0.0.1"),
                Port(server.Tcp.Port), Port(server.Quic.Port), Port(server.Http.Port), Port(server.WebSocket.Address.Port), U8(0), U8(0)),
            await client.DoAsync(12));
    }

    [Fact]
    public async Task Stop_TellsOpenConnectionsAndKeepsEverything()
    {
        var server = await ServerProcess.StartAsync();
        try
        {
            using var client = await LogInAsync(AddressOf(server));
            await client.DoAsync(202, Name("s"));
            await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
            await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, [1], []), (2, [2], [])));
            await client.DoAsync(121, U8(1), Id(1), Id("s"), Id("t"), U8(1), U32(0), U64(1));
            var (stream, topic) = (await client.DoAsync(200, Id("s")), await client.DoAsync(300, Id("s"), Id("t")));

            var stopping = server.StopAsync();
            if (IsToldOfStop)
                Assert.Equal(8u, (await client.ReceiveAsync()).Status);
            Assert.True(await client.IsClosedByServerAsync());
            Assert.Equal(0, await stopping);
            await server.DisposeAsync();

            server = await ServerProcess.StartAsync(server.DataPath);
            using var again = await LogInAsync(AddressOf(server));
            Assert.Equal(stream, await again.DoAsync(200, Id("s")));
            Assert.Equal(topic, await again.DoAsync(300, Id("s"), Id("t")));
            Assert.Equal(Join(U32(0), U64(1), U64(1)), await again.DoAsync(120, U8(1), Id(1), Id("s"), Id("t"), U8(0), U32(0)));
        }
        finally
        {
            await server.DisposeAsync();
            Directory.Delete(server.DataPath, recursive: true);
        }
    }

    [Fact]
    public async Task Start_OnADataFolderInUse_LeavesWithItsCodeAndSaysWhoHoldsIt()
    {
        var (exitCode, output) = await ServerProcess.RunToEndAsync(fixture.Server.DataPath);
        Assert.Equal(3, exitCode);
        Assert.Contains(fixture.Server.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture), output, StringComparison.Ordinal);
    }

    private static IEnumerable<(uint Id, uint User)> Clients(byte[] list)
    {
        for (var at = 0; at < list.Length;)
        {
            yield return (U32At(list, at), U32At(list, at + 4));
            at += 9 + 4 + (int)U32At(list, at + 9) + 4;
        }
    }

    private static uint U32At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ulong U64At(byte[] bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
}
