using System.Net.Sockets;

namespace Iggy.Gateway.Wire.Transports;

/// <summary>Acknowledges what came without the delay by which the system hopes to save a packet.</summary>
/// <remarks>Released clients leave Nagle's algorithm on and write a request in two parts: their system then keeps the last packet back until the
/// one before it is acknowledged, and ours waits about 40 ms with that for something to send along. Only Linux has the switch, and forgets it after a while.</remarks>
internal static class QuickAck
{
    private const int Tcp = 6, TcpQuickAck = 12; // IPPROTO_TCP and TCP_QUICKACK: the runtime has no names for them

    private static readonly byte[] s_on = BitConverter.GetBytes(1);

    /// <summary>Acknowledges now, and what comes next at once.</summary>
    public static void Send(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            socket.SetRawSocketOption(Tcp, TcpQuickAck, s_on);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // The peer was faster: the pending receive says so.
        }
    }
}
