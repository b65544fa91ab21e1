using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Iggy.Protocol;
using Iggy.Protocol.Classic;
using Iggy.Testing;
using static Iggy.Testing.ScriptedServer;

namespace Iggy.Client.Tests;

/// <summary>Encryption of messages and of connections, signs of life, and transports that are not there.</summary>
public sealed class SecurityTests
{
    private static readonly Consumer _consumer = new(ConsumerKind.Single, new(0));

    // Goal: the server sees neither payload nor headers, and they come back. Method: it answers a poll with the bytes that were sent.
    [Fact]
    public async Task Cipher_RoundTrip_HidesAndReturnsPayloadAndHeaders()
    {
        using var server = new ScriptedServer();
        using var cipher = MessageCipher.FromBase64(Convert.ToBase64String(new byte[32]));
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { Cipher = cipher });
        await using var owned = client;
        var send = client.SendMessagesAsync(
            new("s"), new("t"), Partitioning.Balanced, [new("marker one") { UserHeaders = new MessageHeaders().Add("k", "hidden").ToMemory() }, new("marker two")], Setup.Cancellation).Within();
        var sent = Messages((await peer.ReadAsync()).Payload);
        await peer.WriteAsync(Empty());
        await send;
        Assert.Equal(-1, sent.AsSpan().IndexOf("marker"u8));
        Assert.Equal(-1, sent.AsSpan().IndexOf("hidden"u8));
        Assert.Equal((2 * 64) + 20 + 17 + (3 * MessageCipher.OverheadBytes), sent.Length); // two headers, two texts, one block of user headers

        using (var polled = await PollAsync(client, peer, sent))
        {
            Assert.Equal(["marker one", "marker two"], polled.Select(message => message.PayloadText));
            Assert.True(polled.First().TryGetHeader("k", out var value) && value == "hidden");
        }

        sent[64 + 20] ^= 1; // one bit of the ciphertext
        Assert.Equal(IggyError.CannotDecryptData, (await Assert.ThrowsAsync<IggyException>(() => PollAsync(client, peer, sent))).Error);
        Assert.Equal(IggyError.CannotDecryptData, (await Assert.ThrowsAsync<IggyException>(() => PollAsync(client, peer, ReplyBytes.Poll(0, 0, "plain")[16..]))).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAAA")]
    [InlineData("no base64 at all")]
    public void Cipher_KeyThatIsNone_IsRefused(string key) => Assert.Throws<FormatException>(() => MessageCipher.FromBase64(key));

    [Fact]
    public async Task Heartbeat_Pings()
    {
        using var server = new ScriptedServer();
        var (client, peer) = await Setup.ConnectAsync(server, options => options with { HeartbeatInterval = TimeSpan.FromMilliseconds(1) });
        await using var owned = client;
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal((uint)CommandCode.Ping, (await peer.ReadAsync()).Code);
            await peer.WriteAsync(Empty());
        }
    }

    [Fact]
    public async Task Transport_ThatIsNotThere_IsNamed()
    {
        var options = new IggyClientOptions { Transport = (TransportKind)99 };
        Assert.Contains("99", (await Assert.ThrowsAsync<NotSupportedException>(() => IggyClient.ConnectAsync(options, Setup.Cancellation))).Message, StringComparison.Ordinal);
    }

    // Goal: TLS trusts the authority that was named and nobody else, and looks at the name.
    [Theory]
    [InlineData(true, "localhost", true)]
    [InlineData(true, "elsewhere", false)]
    [InlineData(false, "localhost", false)]
    public async Task Tls_TrustsTheNamedAuthorityAndName(bool isTrusted, string domain, bool succeeds)
    {
        var file = Path.GetTempFileName();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        try
        {
            using var certificate = SelfSigned();
            await File.WriteAllTextAsync(file, certificate.ExportCertificatePem(), Setup.Cancellation);
            listener.Start();
            var serving = AnswerPingAsync(listener, certificate);
            var options = new IggyClientOptions
            {
                Address = ServerAddress.Parse(listener.LocalEndpoint.ToString()!),
                Dialect = ProtocolDialect.Classic,
                Tls = new() { Domain = domain, CaFile = isTrusted ? file : null },
                Reconnect = ReconnectPolicy.Off,
                HeartbeatInterval = null,
            };
            if (succeeds)
            {
                await using var client = await IggyClient.ConnectAsync(options, Setup.Cancellation);
                await client.PingAsync(Setup.Cancellation).Within();
            }
            else
            {
                Assert.Contains("TLS", (await Assert.ThrowsAsync<IggyConnectionException>(() => IggyClient.ConnectAsync(options, Setup.Cancellation))).Message, StringComparison.Ordinal);
            }
            Assert.Equal(succeeds, await serving.WaitAsync(Limit, Setup.Cancellation));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<PolledMessages> PollAsync(IggyClient client, ScriptedPeer peer, byte[] messages)
    {
        var poll = client.PollMessagesAsync(_consumer, new("s"), new("t"), 0, PollingStrategy.First, 10, cancellationToken: Setup.Cancellation).Within();
        await peer.ReadAsync();
        var head = new byte[16];
        var count = 0u;
        for (var rest = messages.AsMemory(); !rest.IsEmpty; rest = rest[(int)ClassicMessageHeader.At(rest.Span).MessageBytes..])
            count++;
        PollMessagesReply.WriteHead(head, 0, count - 1, count);
        await peer.WriteAsync(Ok([.. head, .. messages]));
        return await poll;
    }

    private static byte[] Messages(byte[] request)
    {
        Assert.Equal(IggyError.None, SendMessagesRequest.TryRead(request, out var batch));
        return batch.Messages.ToArray();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200));
    }

    // Whether a ping came and was answered.
    private static async Task<bool> AnswerPingAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using var socket = await listener.AcceptSocketAsync();
        await using var stream = new SslStream(new NetworkStream(socket));
        try
        {
            await stream.AuthenticateAsServerAsync(certificate);
            await stream.ReadExactlyAsync(new byte[8]);
            await stream.WriteAsync(Empty());
            return true;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return false; // the client left
        }
    }
}
