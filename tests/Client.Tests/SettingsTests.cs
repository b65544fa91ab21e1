using Iggy.Protocol;

namespace Iggy.Client.Tests;

/// <summary>Addresses, connection strings and options.</summary>
public sealed class SettingsTests
{
    [Theory]
    [InlineData("127.0.0.1:8090", "127.0.0.1", 8090)]
    [InlineData("localhost:1", "localhost", 1)]
    [InlineData("[::1]:8090", "::1", 8090)]
    public void ServerAddress_Parse_ReadsWhatItWrites(string text, string host, int port)
    {
        var address = ServerAddress.Parse(text);
        Assert.Equal(new ServerAddress(host, port), address);
        Assert.Equal(text, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("host")]
    [InlineData(":8090")]
    [InlineData("host:0")]
    [InlineData("host:65536")]
    [InlineData("host:-1")]
    [InlineData("::1:8090")]
    [InlineData("a b:1")]
    public void ServerAddress_Parse_RefusesTheRest(string text) => Assert.Throws<FormatException>(() => ServerAddress.Parse(text));

    [Theory]
    [InlineData("iggy://iggy:iggy@localhost:8090", "iggy", "iggy")]
    [InlineData("iggy+tcp://iggy:p@ss@localhost:8090/", "iggy", "p@ss")]
    [InlineData("IGGY://b%6fb:a%3Ab@localhost:8090", "bob", "a:b")]
    [InlineData("iggy://some-token@localhost:8090", null, "some-token")]
    public void ConnectionString_WithCredentials_IsRead(string text, string? username, string secret)
    {
        var options = IggyClientOptions.Parse(text);
        Assert.Equal(new ServerAddress("localhost", 8090), options.Address);
        Assert.Equal((username, secret), (options.Credentials!.Username, options.Credentials.Secret));
    }

    [Fact]
    public void ConnectionString_WithOptions_SetsThem()
    {
        var options = IggyClientOptions.Parse("iggy://a:b@h:1?request_timeout=1.5&connect_timeout=2&max_in_flight=3&reconnection_retries=0");
        Assert.Equal((TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(2), 3, 0), (options.RequestTimeout, options.ConnectTimeout, options.MaxInFlight, options.Reconnect.MaxAttempts));
    }

    [Theory]
    [InlineData("iggy", TransportKind.Tcp)]
    [InlineData("iggy+tcp", TransportKind.Tcp)]
    [InlineData("iggy+quic", TransportKind.Quic)]
    [InlineData("iggy+http", TransportKind.Http)]
    [InlineData("iggy+ws", TransportKind.WebSocket)]
    public void ConnectionString_Scheme_NamesTheTransport(string scheme, TransportKind transport) =>
        Assert.Equal(transport, IggyClientOptions.Parse($"{scheme}://a:b@h:1").Transport);

    [Theory]
    [InlineData("", ProtocolDialect.Newer)]
    [InlineData("?dialect=newer", ProtocolDialect.Newer)]
    [InlineData("?dialect=classic", ProtocolDialect.Classic)]
    public void ConnectionString_Dialect_IsNewerUnlessItSaysClassic(string option, ProtocolDialect dialect) =>
        Assert.Equal(dialect, IggyClientOptions.Parse($"iggy://a:b@h:1{option}").Dialect);

    [Fact]
    public void ConnectionString_WithTls_SetsIt()
    {
        var options = IggyClientOptions.Parse("iggy://a:b@h:1?tls=true&tls_domain=example.org&tls_ca_file=%2Fca.pem&heartbeat_interval=10s&reconnection_interval=2");
        Assert.Equal(new TlsSettings { Domain = "example.org", CaFile = "/ca.pem" }, options.Tls);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2)), (options.HeartbeatInterval, options.Reconnect.FirstDelay));
    }

    [Theory]
    [InlineData("http://a:secret@h:1")]
    [InlineData("iggy://a:secret@h:1?tls=perhaps")]
    [InlineData("iggy://h:1")]
    [InlineData("iggy://a:secret@h")]
    [InlineData("iggy://:secret@h:1")]
    [InlineData("iggy://a:secret@h:1?unknown=1")]
    [InlineData("iggy://a:secret@h:1?dialect=modern")]
    [InlineData("iggy://a:secret@h:1?max_in_flight=0")]
    [InlineData("iggy://a:secret@h:1?request_timeout=-1")]
    public void ConnectionString_ThatCannotBeRead_IsRefusedWithoutItsSecret(string text) =>
        Assert.DoesNotContain("secret", Assert.Throws<FormatException>(() => IggyClientOptions.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Options_ThatCannotWork_AreAllNamed()
    {
        var message = Assert.Throws<ArgumentException>(() => new IggyClientOptions { MaxInFlight = 0, MaxReplyBytes = 1, RequestTimeout = TimeSpan.Zero }.Validate()).Message;
        Assert.All(["MaxInFlight is 0", "MaxReplyBytes is 1", "RequestTimeout is 00:00:00"], fault => Assert.Contains(fault, message, StringComparison.Ordinal));
    }

    [Fact]
    public void Credentials_AsText_KeepTheirSecret() =>
        Assert.DoesNotContain("secret", $"{Credentials.ForUser("bob", "secret")}{Credentials.ForToken("secret")}", StringComparison.Ordinal);
}
