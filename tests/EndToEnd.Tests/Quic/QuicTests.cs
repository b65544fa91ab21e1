using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>The QUIC listener of a real server, by a client that shares no code with it.</summary>
[Trait("kind", "process")]
public sealed class QuicTests(QuicServerFixture fixture) : IClassFixture<QuicServerFixture>
{
    private int Port
    {
        get
        {
            Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
            return fixture.Server.Quic.Port;
        }
    }

    // Goal: a session belongs to the connection, for clients with and without a protocol name. 40: not logged in; 2: the number of QUIC.
    [Theory]
    [InlineData("")]
    [InlineData("iggy")]
    public async Task Login_OnOneStream_CountsForTheOthers(string alpn) =>
        Assert.Equal("40,2,40", await DenoClient.RunAsync(Port, "", alpn, "session"));

    [Theory]
    [InlineData("")]
    [InlineData("iggy")]
    public async Task Requests_AThousandOnOneConnection_AreAllAnswered(string alpn) =>
        Assert.Equal("1000", await DenoClient.RunAsync(Port, "", alpn, "thousand"));

    [Fact]
    public async Task Messages_OfAMegabyte_ComeBackWhole() =>
        Assert.Equal("10", await DenoClient.RunAsync(Port, "", "", "large", ServerFixture.NewName() + "-quic", "10"));

    [Fact]
    public async Task Connections_FiftySideBySide_LoseNoMessage() =>
        Assert.Equal("1000", await DenoClient.RunAsync(Port, "", "", "crowd", ServerFixture.NewName() + "-quic"));

    // Goal: a stream that makes no sense ends without a reply, and nothing else does.
    [Fact]
    public async Task Stream_WithoutAWholeFrame_EndsAlone() =>
        Assert.Equal("0,0,0", await DenoClient.RunAsync(Port, "", "", "malformed"));

    // Goal: a client that dies inside frames takes nothing with it: its session goes, and others are served.
    [Fact]
    public async Task Client_KilledInsideFrames_LeavesTheServerWhole()
    {
        await using var server = await QuicServerFixture.StartAsync(("IGGY_QUIC_MAX_IDLE_TIMEOUT", "2 s"), ("IGGY_QUIC_KEEP_ALIVE_INTERVAL", "500 ms"));
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC library.");
        Assert.Equal("half", await DenoClient.RunAsync(server.Quic.Port, "", "", "killed"));
        using var observer = await RawClient.LogInAsync(server.Tcp);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (CountClients(await observer.DoAsync(22)) > 1)
            limit.Token.ThrowIfCancellationRequested(); // each look is a request: no event says that a client is gone
        Assert.Equal("40,2,40", await DenoClient.RunAsync(server.Quic.Port, "", "", "session"));
    }

    // Goal: tools learn the true port.
    [Fact]
    public async Task Port_OfTheListener_IsToldEverywhere()
    {
        var port = Port;
        using var client = await RawClient.LogInAsync(fixture.Server.Tcp);
        var cluster = await client.DoAsync(12);
        Assert.Contains($"[quic]\nenabled = true\naddress = \"127.0.0.1:{port}\"", await File.ReadAllTextAsync(
            Path.Combine(fixture.Server.DataPath, "runtime", "current_config.toml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.True(cluster.AsSpan().IndexOf([(byte)port, (byte)(port >> 8)]) >= 0);
    }

    // Goal: the certificate in use is that of the files, also after they were replaced. Method: a client that trusts the one authority or the other.
    [Fact]
    public async Task Certificate_FromFiles_IsShownAndReplaced()
    {
        var folder = Directory.CreateTempSubdirectory("iggy-quic-");
        string File(string name) => Path.Combine(folder.FullName, name);
        using var first = new TestCertificates();
        using var second = new TestCertificates();
        first.WriteServer(File("cert.pem"), File("key.pem"));
        first.WriteRoot(File("first.pem"));
        second.WriteRoot(File("second.pem"));
        await using var server = await QuicServerFixture.StartAsync(("IGGY_QUIC_CERTIFICATE_CERT_FILE", File("cert.pem")), ("IGGY_QUIC_CERTIFICATE_KEY_FILE", File("key.pem")));
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC library.");

        Assert.Equal("40,2,40", await DenoClient.RunAsync(server.Quic.Port, File("first.pem"), "", "session"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => DenoClient.RunAsync(server.Quic.Port, File("second.pem"), "", "session"));

        second.WriteServer(File("cert.pem"), File("key.pem"));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await IsRefusedAsync(server.Quic.Port, File("second.pem")))
            limit.Token.ThrowIfCancellationRequested(); // each look is a connection
        await Assert.ThrowsAsync<InvalidOperationException>(() => DenoClient.RunAsync(server.Quic.Port, File("first.pem"), "", "session"));
        folder.Delete(recursive: true);
    }

    private static async Task<bool> IsRefusedAsync(int port, string certificate)
    {
        try
        {
            await DenoClient.RunAsync(port, certificate, "", "session");
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }

    // Each entry: id, user, transport, then the address as text behind its length, then the count of groups.
    private static int CountClients(byte[] reply)
    {
        var count = 0;
        for (var at = 0; at < reply.Length; count++)
            at += 9 + 4 + BitConverter.ToInt32(reply, at + 9) + 4;
        return count;
    }
}
