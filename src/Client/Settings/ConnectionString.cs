using System.Globalization;

namespace Iggy.Client;

/// <summary>Connection strings as the Apache Iggy SDKs take them: <c>iggy://user:password@host:port</c> or <c>iggy://token@host:port</c>, also with
/// the scheme <c>iggy+tcp</c>. The port can't be left out. Options follow a question mark, joined by <c>&amp;</c>:
/// <c>request_timeout</c> and <c>connect_timeout</c> in seconds, <c>max_in_flight</c>, <c>reconnection_retries</c>.</summary>
/// <remarks>User, password and token may be percent-encoded. Messages never show them.</remarks>
internal static class ConnectionString
{
    private static readonly string[] _schemes = ["iggy://", "iggy+tcp://"];

    /// <exception cref="FormatException">Names the part that can't be read.</exception>
    public static IggyClientOptions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var scheme = Array.Find(_schemes, one => text.StartsWith(one, StringComparison.OrdinalIgnoreCase))
            ?? throw new FormatException($"A connection string starts with {string.Join(" or ", _schemes)}.");
        var rest = text[scheme.Length..];
        var question = rest.LastIndexOf('?');
        var (authority, settings) = question < 0 ? (rest, "") : (rest[..question], rest[(question + 1)..]);
        authority = authority.TrimEnd('/');

        var at = authority.LastIndexOf('@'); // the last one: a password may hold others
        if (at < 1)
            throw new FormatException("A connection string needs user:password@ or token@ before the server's address.");
        return Apply(settings, new IggyClientOptions
        {
            Address = ServerAddress.Parse(authority[(at + 1)..]),
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
                "connect_timeout" => options with { ConnectTimeout = Seconds(name, value) },
                "max_in_flight" => options with { MaxInFlight = Number(name, value, 1) },
                "reconnection_retries" => options with { Reconnect = options.Reconnect with { MaxAttempts = Number(name, value, 0) } },
                _ => throw new FormatException($"Unknown option '{name}' in the connection string."),
            };
        }
        return options;
    }

    private static TimeSpan Seconds(string name, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < 1e9
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"Option '{name}' of the connection string is '{value}'; expected seconds, more than 0.");

    private static int Number(string name, string value, int least) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"Option '{name}' of the connection string is '{value}'; expected a number from {least} on.");
}
