using System.Buffers.Binary;
using System.IO.Hashing;
using System.Net;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>Logins, sessions and request numbers of the newer dialect, on the port of the classic one.</summary>
public class VsrSessionTests(ServerFixture fixture)
{
    private const byte NonReplicated = 2, CreateStream = 128;

    private protected virtual EndPoint AddressOf(ServerProcess server) => server.Tcp;

    [Fact]
    public async Task Connection_BeforeLogin_AnswersByTheTable()
    {
        using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        Assert.Equal((0u, 0), Outline(await client.AskFrameAsync(NonReplicated, 1, [], 1, 0)));
        Assert.Equal((40u, 0), Outline(await client.AskFrameAsync(NonReplicated, 12, [], 1, 0)));
        Assert.Equal((0u, 0), Outline(await client.AskFrameAsync(3, 0, [], 1, 0)));
        Assert.Equal(1, (await client.AskFrameAsync(CreateStream, 0, Name("nope"), 1, 1)).Eviction);
        Assert.Equal(1, (await client.AskFrameAsync(160, 0, new byte[3_000_000], 1, 1)).Eviction);
        Assert.Equal(15, (await client.AskFrameAsync(NonReplicated, 38, RawClient.Login("iggy", "iggy"), 1, 0)).Eviction);
        Assert.Equal((0u, 0), Outline(await client.AskFrameAsync(NonReplicated, 1, [], 1, 0)));
    }

    [Fact]
    public async Task Register_GoodAndBad_AnswerByTheTable()
    {
        using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        var (name, password) = (ServerProcess.Username, ServerProcess.Password);
        Assert.Equal(9, (await client.RegisterAsync(RawVsrClient.Login(name, "wrong password"))).Eviction);
        Assert.Equal(9, (await client.RegisterAsync(RawVsrClient.Login("nobody at all", password))).Eviction);
        Assert.Equal(9, (await client.RegisterAsync(RawVsrClient.Login("x", "y"))).Eviction);
        Assert.Equal(10, (await client.RegisterAsync(RawVsrClient.TokenLogin("no such token"))).Eviction);
        Assert.Equal(15, (await client.RegisterAsync([0, 0x2c, 0, 0])).Eviction);
        Assert.Equal(15, (await client.RegisterAsync(Join(U32(0x2c00), Name("sdk"), Name("1"), [1, 2, 3]))).Eviction);
        foreach (var version in new uint[] { 0x2803, 0x3003, 0x4000_2c00, 0 })
        {
            var refused = await client.RegisterAsync(RawVsrClient.Login(name, password, version));
            Assert.Equal((14, 0x3002u, 0x2c00u), (refused.Eviction, BinaryPrimitives.ReadUInt32LittleEndian(refused.Head.AsSpan(144)), BinaryPrimitives.ReadUInt32LittleEndian(refused.Head.AsSpan(148))));
        }
        Assert.Equal(14, (await client.RegisterAsync(RawVsrClient.Login(name, password, sdkVersion: "0.11.0-edge.2"))).Eviction);

        Assert.Equal(0, (await client.RegisterAsync(RawVsrClient.Login(name, password, sdkVersion: "0.11.1-edge.1"))).Eviction); // of a later line
        Assert.Equal(0u, (await client.AskAsync(39)).Status);
        (client.Client, client.Request, client.Session) = (client.Client + 1, 1, 0);
        var reply = await client.RegisterAsync(RawVsrClient.Login(name, password, version: 0x2c05));
        Assert.Equal((0, 0u), (reply.Eviction, reply.Status));
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(reply.Body)); // result section
        Assert.InRange(client.Session, 1ul, ulong.MaxValue >> 1);
        Assert.Equal(0x2c00u, BinaryPrimitives.ReadUInt32LittleEndian(reply.Body.AsSpan(16)));
        Assert.Equal(reply.Body.Length, 21 + reply.Body[20]);
        var again = await client.RegisterAsync(RawVsrClient.Login(name, password));
        Assert.Equal(reply.Body, again.Body); // the first reply was lost: the same session

        Assert.Equal(0u, (await client.AskAsync(39)).Status);
        Assert.Equal(40u, (await client.AskAsync(12)).Status);
        (client.Client, client.Request, client.Session) = (client.Client + 1, 1, 0);
        await client.RegisterAsync(RawVsrClient.Login(name, password));
        Assert.Equal(0u, (await client.AskAsync(12)).Status);
    }

    // Clients of the next version have a random number where this one has a checksum, and a body that cannot be read: their version decides, and each
    // refusal is one line in the log.
    [Fact]
    public async Task Register_OfAnotherVersionWithoutAChecksum_IsToldTheWindow()
    {
        await using var server = await ServerProcess.StartAsync(settings: new Dictionary<string, string>
        {
            ["IGGY_QUIC_ENABLED"] = "true",
            ["IGGY_QUIC_ADDRESS"] = "127.0.0.1:0",
        });
        using var client = await RawVsrClient.ConnectAsync(AddressOf(server));
        UInt128 random = new(0x0102030405060708, 0x090a0b0c0d0e0f10);
        var later = Join(U32(0x3400), new byte[32], Name("rust-sdk"), Name("0.13.0"), Name("iggy"), Name("iggy"), U32(0));
        Assert.Equal(14, (await client.AskFrameAsync(1, 0, later, 0, 0, random)).Eviction);
        await server.WaitForOutputAsync("it speaks protocol 0.13.0; taken are 0.11.0 to 0.12.2");

        Assert.Equal(4u, (await client.AskFrameAsync(1, 0, RawVsrClient.Login("iggy", "iggy"), 0, 0, random)).Status);
        await server.WaitForOutputAsync("the body of its Register does not match its checksum");
        Assert.Equal(15, (await client.RegisterAsync(U32(0x2c00))).Eviction);
        await server.WaitForOutputAsync("was refused its login: its body can't be read");
        Assert.Equal(9, (await client.RegisterAsync(RawVsrClient.Login("iggy", "wrong"))).Eviction);
        await server.WaitForOutputAsync("was refused its login: its credentials are not taken (InvalidCredentials)");
        Assert.Equal(14, (await client.RegisterAsync(RawVsrClient.Login("iggy", "iggy", sdkVersion: "0.11.0-edge.3"))).Eviction);
        await server.WaitForOutputAsync("test-sdk 0.11.0-edge.3 is an early pre-release");
    }

    [Fact]
    public async Task Register_WithToken_LogsItsOwnerIn()
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        var created = await client.DoAsync(42, Name(ServerFixture.NewName()), U64(0));
        using var other = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        Assert.Equal(0u, (await other.RegisterAsync(RawVsrClient.TokenLogin(System.Text.Encoding.ASCII.GetString(created.AsSpan(1))))).Status);
        Assert.Equal(0u, (await other.AskAsync(201)).Status);
    }

    [Fact]
    public async Task Create_SentTwice_IsCarriedOutOnceAndAnsweredAlike()
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        var body = Name(ServerFixture.NewName());
        var first = await client.AskFrameAsync(CreateStream, 0, body, 1, client.Session);
        var second = await client.AskFrameAsync(CreateStream, 0, body, 1, client.Session);
        Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(first.Body));
        Assert.Equal(first.Head, second.Head);
        Assert.Equal(first.Body, second.Body);

        var taken = await client.AskFrameAsync(CreateStream, 0, body, 2, client.Session);
        Assert.Equal(Join(U32(1), U32(0), U32(1012)), taken.Body);
        for (var number = 3ul; number < 8; number++)
            await client.AskFrameAsync(CreateStream, 0, Name(ServerFixture.NewName()), number * 10, client.Session); // gaps are allowed
        var forgotten = await client.AskFrameAsync(CreateStream, 0, body, 1, client.Session);
        Assert.Equal(Join(U32(1), U32(0), U32(59)), forgotten.Body);
    }

    [Fact]
    public async Task CreateToken_SentTwice_ShowsTheSecretOnce()
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        var body = Join(Name(ServerFixture.NewName()), U64(0));
        var first = await client.AskFrameAsync(146, 0, body, 1, client.Session);
        Assert.Equal((0u, 0u), (first.Status, BinaryPrimitives.ReadUInt32LittleEndian(first.Body)));
        Assert.Equal(Join(U32(1), U32(0), U32(51)), (await client.AskFrameAsync(146, 0, body, 1, client.Session)).Body);
    }

    [Fact]
    public async Task Checksum_OfTheBody_IsCompared()
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        var body = Name(ServerFixture.NewName());
        var checksum = (UInt128)XxHash3.HashToUInt64(body);
        Assert.Equal(4u, (await client.AskFrameAsync(CreateStream, 0, body, 1, client.Session, checksum + 1)).Status);
        Assert.Equal(0u, (await client.AskFrameAsync(CreateStream, 0, body, 1, client.Session, checksum)).Status);
        var other = Name(ServerFixture.NewName());
        Assert.Equal(4u, (await client.AskFrameAsync(CreateStream, 0, other, 1, client.Session, XxHash3.HashToUInt64(other))).Status); // another request under one number
    }

    [Fact]
    public async Task Session_TakenOver_FencesTheOldConnection()
    {
        using var first = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        await first.DoAsync(202, Name(ServerFixture.NewName()));
        using var second = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        second.Client = first.Client;
        await second.RegisterAsync(RawVsrClient.Login(ServerProcess.Username, ServerProcess.Password));
        Assert.True(second.Session > first.Session);
        Assert.Equal(10_007u, (await first.AskAsync(202, Name("x"))).Status);
        Assert.True(await first.IsClosedByServerAsync());

        var repeated = await second.AskFrameAsync(CreateStream, 0, Name("y"), 1, second.Session); // the first connection's number 1: its stream, not another
        Assert.Contains("stream-", System.Text.Encoding.UTF8.GetString(repeated.Body), StringComparison.Ordinal);
        Assert.Equal(40u, (await second.AskFrameAsync(CreateStream, 0, Name("y"), 2, second.Session + 1)).Status);
    }

    [Fact]
    public async Task Session_OfAnotherUser_IsNotTaken()
    {
        using var root = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        var name = ServerFixture.NewName();
        await root.DoAsync(33, Name(name), Name("secret"), U8(1), U8(0));
        using var other = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        other.Client = root.Client;
        Assert.Equal(12, (await other.RegisterAsync(RawVsrClient.Login(name, "secret"))).Eviction);
        Assert.True(await other.IsClosedByServerAsync());
        Assert.Equal(0u, (await root.AskAsync(201)).Status);
    }

    [Theory]
    [InlineData(64, 0u, 4)] // between servers only
    [InlineData(100, 0u, 4)]
    public async Task Operation_OfServers_IsEvictedAndClosed(byte operation, uint code, byte reason)
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        Assert.Equal(reason, (await client.AskFrameAsync(operation, code, [], 1, client.Session)).Eviction);
        Assert.True(await client.IsClosedByServerAsync());
    }

    [Fact]
    public async Task Operation_UnknownOrUnderAnothersCode_IsDenied()
    {
        using var client = await RawVsrClient.LogInAsync(AddressOf(fixture.Server));
        Assert.Equal(3u, (await client.AskFrameAsync(155, 0, [], 1, client.Session)).Status);
        Assert.Equal(3u, (await client.AskFrameAsync(NonReplicated, 4711, [], 1, client.Session)).Status);
        Assert.Equal(3u, (await client.AskFrameAsync(NonReplicated, 202, Name("x"), 1, client.Session)).Status);
        Assert.Equal(0u, (await client.AskAsync(1)).Status);
    }

    [Fact]
    public async Task Frame_ThatNoClientSends_ClosesTheConnection()
    {
        foreach (var (at, value) in new[] { (60, 8), (49, 0), (176, 0), (204, 9) })
        {
            using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
            var frame = client.Frame(NonReplicated, at == 204 ? 0u : 1u, [], 1, 0);
            frame[at] = (byte)value;
            await client.SendAsync(frame);
            Assert.True(await client.IsClosedByServerAsync());
        }
    }

    [Fact]
    public async Task Frame_LongerThanAllowed_IsDeniedAndClosed()
    {
        using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        var frame = client.Frame(NonReplicated, 1, [], 1, 0);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(48), uint.MaxValue);
        await client.SendAsync(frame);
        Assert.Equal(3u, (await client.ReceiveAsync()).Status);
        Assert.True(await client.IsClosedByServerAsync());
    }

    [Fact]
    public async Task Frames_SplitAtEveryByte_AreUnderstood()
    {
        using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        foreach (var one in client.Frame(NonReplicated, 1, [], 7, 0))
            await client.SendAsync(new[] { one });
        var reply = await client.ReceiveAsync();
        Assert.Equal((0u, 7ul), (reply.Status, reply.Request));
    }

    [Fact]
    public async Task Connection_WithClassicNonsenseFirst_IsStillTakenForWhatItIs()
    {
        using var client = await RawVsrClient.ConnectAsync(AddressOf(fixture.Server));
        await client.SendAsync(Join(U32(2), U32(1))); // shorter than a code: answered as the classic dialect does, and the choice is open
        await client.SendAsync(client.Frame(NonReplicated, 1, [], 1, 0));
        using var stranger = await RawClient.ConnectAsync(AddressOf(fixture.Server));
        await stranger.SendAsync(System.Text.Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: somebody/1.0\r\nAccept: */*\r\n\r\n"));
        Assert.True(await stranger.IsClosedByServerAsync());
    }

    private static (uint Status, int BodyBytes) Outline(VsrFrame frame)
    {
        Assert.Equal(0, frame.Eviction);
        return (frame.Status, frame.Body.Length);
    }
}
