using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Bench.Throughput;

/// <summary>The ceiling: a server that does nothing but receive a frame, copy it into memory and answer 8 bytes.</summary>
/// <remarks>It speaks frames of the same shape as the product, so one client measures both. A frame with code 1 (ping) is answered like any
/// other: that is the bare echo of small requests.</remarks>
internal static class BareServer
{
    private const int MemoryBytes = 64 * 1024 * 1024;

    /// <summary>Serves connections, one thread each, until the process ends. Prints its port first.</summary>
    public static void Run()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine($"port {((IPEndPoint)listener.LocalEndPoint!).Port}");
        while (true)
        {
            var client = listener.Accept();
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket client)
    {
        client.NoDelay = true;
        var buffer = new byte[4 * 1024 * 1024];
        var memory = new byte[MemoryBytes];
        memory.AsSpan().Fill(1); // touched before it is timed
        var at = 0;
        var answer = new byte[8];
        while (Receive(client, buffer.AsSpan(0, 8)))
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(buffer) - 4;
            if (!Receive(client, buffer.AsSpan(0, length)))
                return;
            at = at + length > memory.Length ? 0 : at;
            buffer.AsSpan(0, length).CopyTo(memory.AsSpan(at));
            at += length;
            client.Send(answer);
        }
    }

    private static bool Receive(Socket client, Span<byte> into)
    {
        while (!into.IsEmpty)
        {
            var received = client.Receive(into);
            if (received == 0)
                return false;
            into = into[received..];
        }
        return true;
    }
}
