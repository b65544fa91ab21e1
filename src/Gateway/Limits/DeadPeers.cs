using System.Net.Sockets;

namespace Iggy.Gateway.Limits;

/// <summary>Lets the system find out that a peer is gone without a word: its machine lost power, or the network its path. Until then it keeps what it has, its partitions of
/// a group for instance.</summary>
internal static class DeadPeers
{
    private const int Tcp = 6, TcpUserTimeout = 18; // IPPROTO_TCP and TCP_USER_TIMEOUT: the runtime has no names for them
    private const int Probes = 3;

    /// <summary>Sets it on a socket that listens: those that it accepts have what it has.</summary>
    /// <param name="listener">The socket.</param>
    /// <param name="limit">From the last sign of life to the end; the last half is left for questions. 0 leaves all to the system.</param>
    public static void Watch(Socket listener, TimeSpan limit)
    {
        if (limit <= TimeSpan.Zero)
            return;
        var idleSeconds = Math.Max(1, (int)(limit.TotalSeconds / 2));
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, idleSeconds);
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, (int)(limit.TotalSeconds - idleSeconds) / Probes));
        listener.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
        LimitUnanswered(listener, limit);
    }

    /// <summary>How long a peer may leave what was sent unacknowledged. Only Linux can be told.</summary>
    public static void LimitUnanswered(Socket listener, TimeSpan limit)
    {
        if (OperatingSystem.IsLinux())
            listener.SetRawSocketOption(Tcp, TcpUserTimeout, BitConverter.GetBytes((int)limit.TotalMilliseconds));
    }
}
