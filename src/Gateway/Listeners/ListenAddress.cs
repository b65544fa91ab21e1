using System.Net;
using System.Net.Sockets;

namespace Iggy.Gateway.Listeners;

/// <summary>The text form of an address to listen on.</summary>
internal static class ListenAddress
{
    public static bool TryParse(string text, out IPEndPoint endPoint)
    {
        var colon = text.LastIndexOf(':');
        if (colon > 0 && text.AsSpan(0, colon) is "localhost")
            text = string.Concat("127.0.0.1", text.AsSpan(colon));
        endPoint = new IPEndPoint(IPAddress.None, 0);
        // IPEndPoint takes a bare address, with or without brackets, as port 0, which nobody means.
        if (colon < 0 || text.EndsWith(']') || !IPEndPoint.TryParse(text, out var parsed))
            return false;
        if (parsed.AddressFamily is AddressFamily.InterNetworkV6 && !text.StartsWith('['))
            return false;
        endPoint = parsed;
        return true;
    }
}
