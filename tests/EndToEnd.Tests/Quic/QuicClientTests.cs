using System.Security.Cryptography.X509Certificates;
using Iggy.Client;
using Iggy.Protocol;
using Iggy.Testing;

namespace Iggy.EndToEnd.Tests.Quic;

/// <summary>The .NET client over QUIC.</summary>
[Trait("kind", "process")]
public class QuicClientTests(QuicServerFixture fixture) : IClassFixture<QuicServerFixture>
{
    private protected virtual ProtocolDialect Dialect => ProtocolDialect.Classic;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // Goal: what the client promises holds over QUIC too: messages of any size come back, in the order they were sent, by many callers on one connection.
    [Fact]
    public async Task Messages_OfManyCallers_ComeBackInOrder()
    {
        await using var client = await ConnectAsync();
        Identifier stream = new(ServerFixture.NewName() + "-quic"), topic = new("t");
        await client.CreateStreamAsync(stream.Name!, Cancel);
        await client.CreateTopicAsync(stream, "t", 1, cancellationToken: Cancel);
        var sends = Enumerable.Range(0, 200).Select(i => client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new($"{i}"), Cancel).AsTask()).ToArray();
        await Task.WhenAll(sends);
        using (var polled = await client.PollMessagesAsync(new(ConsumerKind.Single, new("r")), stream, topic, 0, PollingStrategy.First, 1000, cancellationToken: Cancel))
            Assert.Equal(Enumerable.Range(0, 200).Select(i => $"{i}"), polled.Select(message => message.PayloadText));

        await client.SendMessageAsync(stream, topic, Partitioning.ToPartition(0), new(new byte[4_000_000]), Cancel);
        using var large = await client.PollMessagesAsync(new(ConsumerKind.Single, new("r")), stream, topic, 0, PollingStrategy.Last, 1, cancellationToken: Cancel);
        Assert.Equal(4_000_000, Assert.Single(large).Payload.Length);
    }

    // Goal: an error leaves the connection usable.
    [Fact]
    public async Task Error_OfOneRequest_LeavesTheConnection()
    {
        await using var client = await ConnectAsync();
        await Assert.ThrowsAsync<IggyException>(async () => await client.DeleteStreamAsync(new("no such stream"), Cancel));
        await client.PingAsync(Cancel);
    }

    // Goal: clients' certificates are asked for and judged as on TLS over TCP. Method: the .NET client with a good one, with another authority's, and without.
    [Theory]
    [InlineData("Required", false)]
    [InlineData("Allowed", true)]
    public async Task ClientCertificates_AsTheOptionSays_DecideWhoGetsIn(string option, bool isWelcomeWithout)
    {
        var folder = Directory.CreateTempSubdirectory("iggy-quic-clients-");
        string Path(string name) => System.IO.Path.Combine(folder.FullName, name);
        using var authority = new TestCertificates();
        using var other = new TestCertificates();
        authority.WriteServer(Path("server.pem"), Path("server.key"));
        authority.WriteRoot(Path("root.pem"));
        Write(authority.NewClient(), Path("good.pem"), Path("good.key"));
        Write(other.NewClient(), Path("bad.pem"), Path("bad.key"));
        await using var server = await QuicServerFixture.StartAsync(
            ("Iggy__Quic__Certificate__CertificateFile", Path("server.pem")), ("Iggy__Quic__Certificate__KeyFile", Path("server.key")),
            ("Iggy__Quic__Certificate__ClientCertificates", option), ("Iggy__Quic__Certificate__ClientCaFile", Path("root.pem")));
        Assert.SkipWhen(server.Quic.Port == 0, "The server has no QUIC listener.");

        Assert.True(await GetsInAsync("good"));
        Assert.False(await GetsInAsync("bad"));
        Assert.Equal(isWelcomeWithout, await GetsInAsync(null));
        folder.Delete(recursive: true);

        async Task<bool> GetsInAsync(string? name)
        {
            var tls = new TlsSettings { Domain = "localhost", CaFile = Path("root.pem"), CertificateFile = name is null ? null : Path($"{name}.pem"), KeyFile = name is null ? null : Path($"{name}.key") };
            var options = new IggyClientOptions
            {
                Transport = TransportKind.Quic, Address = new("127.0.0.1", server.Quic.Port), Credentials = Credentials.ForUser("iggy", "iggy"), Tls = tls, Reconnect = ReconnectPolicy.Off,
            };
            try
            {
                await using var client = await IggyClient.ConnectAsync(options, Cancel);
                await client.PingAsync(Cancel);
                return true;
            }
            catch (IggyConnectionException e)
            {
                Assert.DoesNotContain("idle timeout", e.Message, StringComparison.Ordinal); // it is told, by an alert
                return false;
            }
        }
    }

    private static void Write(TestClientCertificate client, string certificateFile, string keyFile)
    {
        File.WriteAllText(certificateFile, $"{client.Certificate.ExportCertificatePem()}\n{client.Authority.ExportCertificatePem()}\n");
        using var key = client.Certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(keyFile, key.ExportPkcs8PrivateKeyPem());
    }

    private Task<IggyClient> ConnectAsync()
    {
        Assert.SkipWhen(fixture.Server.Quic.Port == 0, "The server has no QUIC library.");
        var address = new ServerAddress("127.0.0.1", fixture.Server.Quic.Port);
        return IggyClient.ConnectAsync(new IggyClientOptions { Transport = TransportKind.Quic, Dialect = Dialect, Address = address, Credentials = Credentials.ForUser("iggy", "iggy") }, Cancel);
    }
}

/// <summary>The same in the newer dialect.</summary>
[Trait("kind", "process")]
public sealed class NewerQuicClientTests(QuicServerFixture fixture) : QuicClientTests(fixture)
{
    private protected override ProtocolDialect Dialect => ProtocolDialect.Newer;
}
