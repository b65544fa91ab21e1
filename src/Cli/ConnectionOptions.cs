using System.CommandLine;
using System.Globalization;
using Iggy.Client;
using Iggy.Protocol;

namespace Iggy.Cli;

/// <summary>Options that say how a server is reached. Names and defaults are upstream's; each may also stand in the active context.</summary>
internal sealed class ConnectionOptions
{
    // What upstream's tool takes to tune its transports. Accepted, so that its command lines work; there is nothing to tune here.
    private static readonly string[] _ignored =
    [
        "--http-retries", "--debug", "--quic-client-address", "--quic-server-name", "--quic-reconnection-max-retries", "--quic-reconnection-interval",
        "--quic-max-concurrent-bidi-streams", "--quic-datagram-send-buffer-size", "--quic-initial-mtu", "--quic-send-window", "--quic-receive-window",
        "--quic-response-buffer-size", "--quic-keep-alive-interval", "--quic-max-idle-timeout", "--websocket-reconnection-max-retries",
        "--websocket-reconnection-interval",
    ];

    private readonly Option<string?> _transport = Text("--transport", "How the server is reached: tcp, quic, http or ws. Default: tcp.", "transport");
    private readonly Option<string?> _dialect = Text("--dialect", "What is spoken: newer, or classic for Apache Iggy up to 0.8. Default: newer.", "dialect");
    private readonly Option<string?> _encryptionKey = Text("--encryption-key", "Base64 of 32 bytes: messages are encrypted before they leave, and decrypted.", "key");
    private readonly Option<string?> _tcpAddress = Text("--tcp-server-address", "Server for TCP. Default: IGGY_TCP_SERVER_ADDRESS, or 127.0.0.1:8090.", "host:port");
    private readonly Option<string?> _retries = Text("--tcp-reconnection-max-retries", "Connections tried after one broke. Default: 3.", "n");
    private readonly Option<string?> _interval = Text("--tcp-reconnection-interval", "Wait before the second of them; it doubles. Default: 1s.", "duration");
    private readonly Option<bool> _tls = new("--tcp-tls-enabled") { Description = "Secure TCP by TLS.", Recursive = true };
    private readonly Option<string?> _tlsDomain = Text("--tcp-tls-domain", "Name that the server's certificate must have. Default: localhost; over HTTPS the host of the URL.", "name");
    private readonly Option<string?> _tlsCaFile = Text("--tcp-tls-ca-file", "PEM file of the only authorities to trust, also over HTTPS. Default: those of the machine.", "file");
    private readonly Option<string?> _webSocketAddress = Text("--websocket-server-address", "Server for WebSocket. Default: 127.0.0.1:8092.", "host:port");
    private readonly Option<string?> _quicAddress = Text("--quic-server-address", "Server for QUIC. Default: 127.0.0.1:8080.", "host:port");
    private readonly Option<bool> _quicValidate = new("--quic-validate-certificate") { Hidden = true, Recursive = true };
    private readonly Option<string?> _httpUrl = Text("--http-api-url", "Server for HTTP. Default: http://localhost:3000.", "url");

    /// <summary>Adds the options to the root.</summary>
    public void AddTo(RootCommand root)
    {
        foreach (var option in (Option[])[_transport, _dialect, _tcpAddress, _tls, _tlsDomain, _tlsCaFile, _retries, _interval, _encryptionKey, _webSocketAddress, _quicAddress, _quicValidate, _httpUrl])
            root.Options.Add(option);
        foreach (var name in _ignored)
            root.Options.Add(new Option<string?>(name) { Description = "Accepted and ignored.", Hidden = true, Recursive = true });
    }

    /// <summary>What the command line gives, by the keys of contexts.</summary>
    public IEnumerable<(string Key, object Value)> Given(ParseResult parsed)
    {
        foreach (var option in (Option<string?>[])[_transport, _dialect, _tcpAddress, _tlsDomain, _tlsCaFile, _retries, _interval, _encryptionKey, _webSocketAddress, _quicAddress, _httpUrl])
        {
            if (parsed.GetValue(option) is { } value)
                yield return (Setting.KeyOf(option), value);
        }
        if (parsed.GetValue(_tls))
            yield return (Setting.KeyOf(_tls), true);
    }

    /// <summary>How to connect.</summary>
    /// <exception cref="CommandException">A value makes no sense.</exception>
    public IggyClientOptions Read(Setting setting)
    {
        var transport = ReadTransport(setting);
        var (address, tls) = ReadServer(setting, transport);
        return new()
        {
            Transport = transport,
            Dialect = ReadDialect(setting),
            Address = address,
            Tls = tls,
            Cipher = setting.Find(_encryptionKey) is { } key ? ReadKey(key) : null,
            Reconnect = ReadReconnect(setting),
        };
    }

    private TransportKind ReadTransport(Setting setting) => setting.Find(_transport) switch
    {
        null or "tcp" => TransportKind.Tcp,
        "quic" => TransportKind.Quic,
        "http" => TransportKind.Http,
        "ws" => TransportKind.WebSocket,
        var other => throw new CommandException(ExitCode.Usage, $"'{other}' is no transport; expected tcp, quic, http or ws."),
    };

    private ProtocolDialect ReadDialect(Setting setting) => setting.Find(_dialect) switch
    {
        null or "newer" => ProtocolDialect.Newer,
        "classic" => ProtocolDialect.Classic,
        var other => throw new CommandException(ExitCode.Usage, $"'{other}' is no dialect; expected newer or classic."),
    };

    private (ServerAddress Address, TlsSettings? Tls) ReadServer(Setting setting, TransportKind transport)
    {
        switch (transport)
        {
            case TransportKind.Quic:
                return (ReadAddress(setting.Find(_quicAddress) ?? "127.0.0.1:8080"), setting.IsOn(_quicValidate) ? new() : null);
            case TransportKind.WebSocket:
                return (ReadAddress(setting.Find(_webSocketAddress) ?? "127.0.0.1:8092"), null);
            case TransportKind.Http:
                var text = setting.Find(_httpUrl) ?? "http://localhost:3000";
                return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url is { PathAndQuery: "/", UserInfo: "" }
                    ? (new(url.IdnHost, url.Port), url.Scheme is "https" ? new() { Domain = setting.Find(_tlsDomain), CaFile = setting.Find(_tlsCaFile) } : null)
                    : throw new CommandException(ExitCode.Usage, $"'{text}' is no HTTP address; expected such as http://localhost:3000.");
            default:
                var tls = setting.IsOn(_tls) ? new TlsSettings { Domain = setting.Find(_tlsDomain) ?? "localhost", CaFile = setting.Find(_tlsCaFile) } : null;
                return (ReadAddress(setting.Find(_tcpAddress) ?? ServerAddress.DefaultTcp.ToString()), tls);
        }
    }

    private static ServerAddress ReadAddress(string text) => ServerAddress.TryParse(text, out var address)
        ? address
        : throw new CommandException(ExitCode.Usage, $"'{text}' is no server address; expected host:port, such as {ServerAddress.DefaultTcp}.");

    private static MessageCipher ReadKey(string key)
    {
        try
        {
            return MessageCipher.FromBase64(key);
        }
        catch (FormatException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message);
        }
    }

    private ReconnectPolicy ReadReconnect(Setting setting)
    {
        var text = setting.Find(_retries) ?? "3";
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var retries))
            throw new CommandException(ExitCode.Usage, $"'{text}' is no number of retries.");
        var first = Values.Durations.ParseExpiry([setting.Find(_interval) ?? "1s"]);
        if (first is 0 or > 86_400_000_000)
            throw new CommandException(ExitCode.Usage, "--tcp-reconnection-interval must be more than 0, and at most a day.");
        var delay = TimeSpan.FromMicroseconds(first);
        return new() { MaxAttempts = retries, FirstDelay = delay, MaxDelay = TimeSpan.FromTicks(Math.Max(delay.Ticks, ReconnectPolicy.Default.MaxDelay.Ticks)) };
    }

    private static Option<string?> Text(string name, string description, string value) => new(name) { Description = description, HelpName = value, Recursive = true };
}

/// <summary>Where the value of an option comes from: the command line, else the environment (<c>IGGY_TCP_SERVER_ADDRESS</c>), else the active context
/// (<c>tcp_server_address</c>).</summary>
internal sealed class Setting(ParseResult parsed, Surroundings surroundings, IReadOnlyDictionary<string, string> context)
{
    /// <summary>The key of an option in contexts.</summary>
    public static string KeyOf(Option option) => option.Name.TrimStart('-').Replace('-', '_');

    /// <summary>The value; null where nobody gave one.</summary>
    public string? Find(Option<string?> option) =>
        parsed.GetValue(option) ?? surroundings.Variable($"IGGY_{KeyOf(option).ToUpperInvariant()}") ?? context.GetValueOrDefault(KeyOf(option));

    /// <summary>Whether a flag is set.</summary>
    public bool IsOn(Option<bool> option) => parsed.GetValue(option)
        || (surroundings.Variable($"IGGY_{KeyOf(option).ToUpperInvariant()}") ?? context.GetValueOrDefault(KeyOf(option))) is "true" or "1";
}
