using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Iggy.Testing;
using static Iggy.Testing.RawClient;

namespace Iggy.EndToEnd.Tests;

/// <summary>TLS on the TCP port.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("iggy-tls-").FullName;
    private readonly TestCertificates _authority = new();

    private string CertificateFile => Path.Combine(_folder, "certificate.pem");

    private string KeyFile => Path.Combine(_folder, "key.pem");

    private string ClientCaFile => Path.Combine(_folder, "clients.pem");

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Goal: real files of both kinds of key, with an authority between, for clients of either version that know only the root.
    [Theory]
    [InlineData(true, SslProtocols.Tls12)]
    [InlineData(true, SslProtocols.Tls13)]
    [InlineData(false, SslProtocols.Tls12)]
    [InlineData(false, SslProtocols.Tls13)]
    public async Task Connect_PemFiles_ServesClientsThatTrustTheRoot(bool isRsa, SslProtocols version)
    {
        _authority.WriteServer(CertificateFile, KeyFile, isRsa);
        await using var server = await StartAsync();
        var options = Trusting(_authority.Root);
        options.EnabledSslProtocols = version;
        using var client = await ConnectAsync(server.Tcp, options);
        Assert.Equal(version, client.Tls.SslProtocol);
        await client.DoAsync(38, Login("iggy", "iggy"));
        await client.DoAsync(202, Name("s"));
        await client.DoAsync(302, NewTopic(Id("s"), "t", 1));
        var large = new byte[3_000_000];
        new Random(1).NextBytes(large);
        await client.DoAsync(101, Messages(Id("s"), Id("t"), ToPartition(0), (1, large, []), (2, [2], [])));
        var (_, _, messages) = ReadPoll(await client.DoAsync(100, Poll(1, Id("s"), Id("t"), 0, 1, 0, 10)));
        Assert.Equal([large, [2]], messages.Select(message => message.Payload));
    }

    [Theory]
#pragma warning disable CA5397, SYSLIB0039 // deprecated versions: that they are refused is the test
    [InlineData(SslProtocols.Tls)]
    [InlineData(SslProtocols.Tls11)]
#pragma warning restore CA5397, SYSLIB0039
    public async Task Connect_OldVersion_IsRefused(SslProtocols version)
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""));
        var options = Trusting();
        options.EnabledSslProtocols = version;
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(server.Tcp, options));
        using var client = await ConnectAsync(server.Tcp, Trusting());
        await client.DoAsync(1);
    }

    [Fact]
    public async Task Connect_NoFiles_MakesACertificateForLocalhost()
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""));
        using var client = await ConnectAsync(server.Tcp, Trusting());
        await client.DoAsync(1);
        using var certificate = X509CertificateLoader.LoadCertificate(client.Tls.RemoteCertificate!.GetRawCertData());
        Assert.Equal("CN=localhost", certificate.Subject);
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.False(certificate.Extensions.OfType<X509BasicConstraintsExtension>().Single().CertificateAuthority);
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single();
        Assert.Equal(["localhost"], names.EnumerateDnsNames());
        Assert.Equal(["127.0.0.1", "::1"], names.EnumerateIPAddresses().Select(address => address.ToString()));

        using var trusting = await ConnectAsync(server.Tcp, Trusting(certificate)); // a client that was given it verifies it
        await trusting.DoAsync(1);
    }

    [Fact]
    public async Task Connect_SelfSignedWantedAndFileMissing_MakesOneAndWarns()
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_SELF_SIGNED", "true"));
        Assert.Contains($"there is no file {CertificateFile}", server.Output, StringComparison.Ordinal);
        using var client = await ConnectAsync(server.Tcp, Trusting());
        await client.DoAsync(1);
    }

    // Goal: renewed certificates are used without a restart, and a bad renewal takes nothing down.
    [Fact]
    public async Task Reload_FilesChange_NewConnectionsGetTheNewOneAndBrokenFilesChangeNothing()
    {
        var first = _authority.WriteServer(CertificateFile, KeyFile);
        await using var server = await StartAsync();
        await server.WaitForOutputAsync(first);
        using var old = await ConnectAsync(server.Tcp, Trusting(_authority.Root));
        Assert.Equal(first, HashOf(old));

        var second = _authority.WriteServer(CertificateFile, KeyFile, isRsa: true);
        await server.WaitForOutputAsync(second);
        using var renewed = await ConnectAsync(server.Tcp, Trusting(_authority.Root));
        Assert.Equal(second, HashOf(renewed));
        await old.DoAsync(1); // goes on

        await File.WriteAllTextAsync(CertificateFile, "-----BEGIN CERTIFICATE-----\nno sense\n-----END CERTIFICATE-----\n", TestContext.Current.CancellationToken);
        await server.WaitForOutputAsync("keeps its certificates");
        using var later = await ConnectAsync(server.Tcp, Trusting(_authority.Root));
        Assert.Equal(second, HashOf(later));

        var third = _authority.WriteServer(CertificateFile, KeyFile);
        await server.WaitForOutputAsync(third);
        using var last = await ConnectAsync(server.Tcp, Trusting(_authority.Root));
        Assert.Equal(third, HashOf(last));
    }

    [Theory]
    [InlineData("Required", SslProtocols.Tls12)]
    [InlineData("Required", SslProtocols.Tls13)]
    [InlineData("Allowed", SslProtocols.Tls13)]
    public async Task ClientCertificates_OnlyGoodOnesGetIn(string mode, SslProtocols version)
    {
        _authority.WriteServer(CertificateFile, KeyFile);
        _authority.WriteRoot(ClientCaFile);
        await using var server = await StartAsync(("Iggy__Tcp__Tls__ClientCertificates", mode), ("Iggy__Tcp__Tls__ClientCaFile", ClientCaFile));

        Assert.True(await GetsInAsync(server, version, _authority.NewClient()));
        using var strangers = new TestCertificates();
        Assert.False(await GetsInAsync(server, version, strangers.NewClient()));
        Assert.Equal(mode == "Allowed", await GetsInAsync(server, version, null));
        await server.WaitForOutputAsync("ready"); // alive
        Assert.True(await GetsInAsync(server, version, _authority.NewClient()));
    }

    // Goal: who speaks no TLS is no event. Method: level Debug shows the line, and nothing above it is logged.
    [Fact]
    public async Task Connect_PlainText_IsClosedWithADebugLineOnly()
    {
        _authority.WriteServer(CertificateFile, KeyFile);
        await using var server = await StartAsync(("IGGY_SYSTEM_LOGGING_LEVEL", "debug"));
        using (var plain = await ConnectAsync(server.Tcp))
        {
            await plain.SendAsync(Frame(38, Login("iggy", "iggy")));
            while (!await plain.IsClosedByServerAsync())
            {
                // a TLS alert comes before the end
            }
        }
        await server.WaitForOutputAsync("TLS handshake with 127.0.0.1");
        using var client = await ConnectAsync(server.Tcp, Trusting(_authority.Root));
        await client.DoAsync(1);
        // Of connections; the start may have told something of the machine.
        Assert.DoesNotContain(server.Output.Split('\n').Where(line => line.Contains("Iggy.Gateway", StringComparison.Ordinal)),
            line => line.Contains(" warn: ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connect_HandshakeNeverBegun_IsClosedAfterTheLimit()
    {
        await using var server = await StartAsync(
            ("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""), ("Iggy__Tcp__Tls__HandshakeTimeout", "00:00:00.500"));
        using var silent = await ConnectAsync(server.Tcp);
        Assert.True(await silent.IsClosedByServerAsync());
    }

    [Fact]
    public async Task Frames_OneByteInEachRecord_AreUnderstood()
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""));
        using var client = await ConnectAsync(server.Tcp, Trusting());
        foreach (var one in Join(Frame(38, Login("iggy", "iggy")), Frame(1), Frame(202, Name("s"))))
            await client.SendAsync(new[] { one });
        for (var i = 0; i < 3; i++)
            Assert.Equal(0u, (await client.ReceiveAsync()).Status);
    }

    // Goal: an end can be told from a cut, in both directions.
    [Fact]
    public async Task Close_ClientSaysGoodbye_GetsItsRepliesAndAGoodbye()
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""));
        using var client = await ConnectAsync(server.Tcp, Trusting());
        await client.SendAsync(Join(Frame(38, Login("iggy", "iggy")), Frame(202, Name("s")), Frame(1)));
        await client.FinishSendingTlsAsync();
        for (var i = 0; i < 3; i++)
            Assert.Equal(0u, (await client.ReceiveAsync()).Status);
        Assert.Equal(0, await client.Tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken)); // without close_notify this would throw
    }

    [Fact]
    public async Task Stop_TellsClientsInsideTls()
    {
        await using var server = await StartAsync(("IGGY_TCP_TLS_CERT_FILE", ""), ("IGGY_TCP_TLS_KEY_FILE", ""));
        using var client = await ConnectAsync(server.Tcp, Trusting());
        using var shaking = await ConnectAsync(server.Tcp); // never begins its handshake: does not hold the stop up
        await client.SendAsync(Frame(1).AsMemory(0, 5));
        await client.SendAsync(Frame(1).AsMemory(5));
        Assert.Equal(0u, (await client.ReceiveAsync()).Status);
        var stopping = server.StopAsync();
        Assert.Equal(8u, (await client.ReceiveAsync()).Status);
        Assert.Equal(0, await client.Tls.ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.Equal(0, await stopping);
    }

    [Fact]
    public async Task Start_FileMissing_Leaves2()
    {
        var (code, output) = await ServerProcess.RunToEndAsync(_folder, Settings());
        Assert.True(code == 2, output);
        Assert.Contains($"Iggy:Tcp:Tls:CertificateFile is '{CertificateFile}'", output, StringComparison.Ordinal);
        Assert.Contains($"Iggy:Tcp:Tls:KeyFile is '{KeyFile}'", output, StringComparison.Ordinal);
    }

    private static string HashOf(RawClient client) => client.Tls.RemoteCertificate!.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);

    // With TLS 1.3 a refusal comes after the client's part of the handshake, so only an answer proves that it is in.
    private async Task<bool> GetsInAsync(ServerProcess server, SslProtocols version, TestClientCertificate? certificate)
    {
        var options = Trusting(_authority.Root);
        options.EnabledSslProtocols = version;
        options.ClientCertificateContext = certificate?.Context;
        try
        {
            using var client = await ConnectAsync(server.Tcp, options);
            await client.DoAsync(1);
            return true;
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException or SocketException)
        {
            return false;
        }
    }

    private Task<ServerProcess> StartAsync(params (string Name, string Value)[] settings) =>
        ServerProcess.StartAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "data")).FullName), Settings(settings));

    private Dictionary<string, string> Settings(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string>
        {
            ["IGGY_TCP_TLS_ENABLED"] = "true", ["IGGY_TCP_TLS_CERT_FILE"] = CertificateFile, ["IGGY_TCP_TLS_KEY_FILE"] = KeyFile,
        };
        foreach (var (name, value) in settings)
            all[name] = value;
        return all;
    }
}
