using System.Net.Sockets;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>What a socket tells of its other end without being read.</summary>
internal static class SocketPeer
{
    /// <summary>Whether it was closed from there and nothing is left to be read, or is closed here.</summary>
    public static bool HasLeft(Socket socket)
    {
        try
        {
            return socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) && socket.Available == 0; // readable without a byte: the end
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }
}
