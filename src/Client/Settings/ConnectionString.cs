using System.Globalization;
using Iggy.Protocol;

namespace Iggy.Client;

/// <summary>Connection strings as the Apache Iggy SDKs take them: <c>iggy://user:password@host:port</c> or <c>iggy://token@host:port</c>, also with
/// the transport in the scheme: <c>iggy+tcp</c>, <c>iggy+quic</c>, <c>iggy+http</c>, <c>iggy+ws</c>. The port can't be left out. Further
/// servers follow the first, joined by commas. Options follow a question
/// mark, joined by <c>&amp;</c>; <see cref="IggyClientOptions.Parse"/> names them.</summary>
/// <remarks>User, password and token may be percent-encoded. Messages never show them.</remarks>
internal static class ConnectionString
{
    private static readonly (string Prefix, TransportKind Transport)[] _schemes =
    [
        ("iggy://", TransportKind.Tcp),
        ("iggy+tcp://", TransportKind.Tcp),
        ("iggy+quic://", TransportKind.Quic),
        ("iggy+http://", TransportKind.Http),
        ("iggy+ws://", TransportKind.WebSocket),
    ];

    /// <exception cref="FormatException">Names the part that can't be read.</exception>
    public static IggyClientOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var (prefix, transport) = Array.Find(_schemes, one => text.StartsWith(one.Prefix, StringComparison.OrdinalIgnoreCase));
        if (prefix is null)
            throw new FormatException($"A connection string starts with {string.Join(" or ", _schemes.Select(one => one.Prefix))}.");
        var rest = text[prefix.Length..];
        var question = rest.LastIndexOf('?');
        var (authority, settings) = question < 0 ? (rest, "") : (rest[..question], rest[(question + 1)..]);
        authority = authority.TrimEnd('/');

        var at = authority.LastIndexOf('@'); // the last one: a password may hold others
        if (at < 1)
            throw new FormatException("A connection string needs user:password@ or token@ before the server's address.");
        ServerAddress[] servers = [.. authority[(at + 1)..].Split(',').Select(ServerAddress.Parse)];
        return Apply(settings, new IggyClientOptions
        {
            Transport = transport,
            Address = servers[0],
            OtherAddresses = servers[1..],
            Credentials = ParseCredentials(authority[..at]),
        });
    }

    private static Credentials ParseCredentials(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            return Credentials.ForToken(Uri.UnescapeDataString(text));
        return colon > 0
            ? Credentials.ForUser(Uri.UnescapeDataString(text[..colon]), Uri.UnescapeDataString(text[(colon + 1)..]))
            : throw new FormatException("The connection string has an empty user.");
    }

    private static IggyClientOptions Apply(string settings, IggyClientOptions options)
    {
        foreach (var pair in settings.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (pair, "") : (pair[..equals], pair[(equals + 1)..]);
            options = name switch
            {
                "request_timeout" => options with { RequestTimeout = Seconds(name, value) },
                "dialect" => options with { Dialect = Dialect(value) },
                "connect_timeout" => options with { ConnectTimeout = Seconds(name, value) },
                "max_in_flight" => options with { MaxInFlight = Number(name, value, 1) },
                "reconnection_retries" => options with { Reconnect = options.Reconnect with { MaxAttempts = Number(name, value, 0) } },
                "reconnection_interval" => options with { Reconnect = WithInterval(options.Reconnect, Seconds(name, value)) },
                "heartbeat_interval" => options with { HeartbeatInterval = Seconds(name, value) },
                "tls" => value is "true" or "false"
                    ? options with { Tls = value is "true" ? options.Tls ?? new() : null }
                    : throw new FormatException("tls must be true or false."),
                "tls_domain" => options with { Tls = (options.Tls ?? new()) with { Domain = Uri.UnescapeDataString(value) } },
                "tls_ca_file" => options with { Tls = (options.Tls ?? new()) with { CaFile = Uri.UnescapeDataString(value) } },
                _ => throw new FormatException($"Unknown option '{name}' in the connection string."),
            };
        }
        return options;
    }

    private static ReconnectPolicy WithInterval(ReconnectPolicy policy, TimeSpan first) =>
        policy with { FirstDelay = first, MaxDelay = policy.MaxDelay > first ? policy.MaxDelay : first };

    private static TimeSpan Seconds(string name, string value) =>
        double.TryParse(value.EndsWith('s') ? value.AsSpan(..^1) : value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"Option '{name}' of the connection string is '{value}'; expected seconds, more than 0.");

    private static int Number(string name, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"Option '{name}' of the connection string is '{value}'; expected a number from {least} on.");

    private static ProtocolDialect Dialect(string value) => value switch
    {
        "classic" => ProtocolDialect.Classic,
        "newer" => ProtocolDialect.Newer,
        _ => throw new FormatException($"Option 'dialect' of the connection string is '{value}'; expected classic or newer."),
    };
}
