using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Iggy.Client;

/// <summary>Where a server listens.</summary>
/// <param name="Host">A name or an address; an IPv6 address without its brackets.</param>
/// <param name="Port">1 to 65535.</param>
public sealed record ServerAddress(string Host, int Port)
{
    /// <summary>Where Apache Iggy listens for TCP when nothing else is configured: <c>127.0.0.1:8090</c>.</summary>
    public static ServerAddress DefaultTcp { get; } = new("127.0.0.1", 8090);

    /// <summary>Reads <c>host:port</c> or <c>[ipv6]:port</c>. The port can't be left out.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ServerAddress? address)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = null;
        var colon = text.LastIndexOf(':');
        if (colon < 1 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0)
            return false;

        var host = text[..colon];
        if (host is ['[', .. var inner, ']'])
            host = inner;
        else if (host.Contains(':', StringComparison.Ordinal))
            return false; // an IPv6 address without brackets: nobody can tell where the port starts
        if (Uri.CheckHostName(host) is UriHostNameType.Unknown)
            return false;

        address = new(host, port);
        return true;
    }

    /// <summary>Reads <c>host:port</c> or <c>[ipv6]:port</c>.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static ServerAddress Parse(string text) => TryParse(text, out var address)
        ? address
        : throw new FormatException($"'{text}' is no server address; expected host:port, such as {DefaultTcp}.");

    /// <summary>The same text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => Host.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{Host}]:{Port}")
        : string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}");
}
