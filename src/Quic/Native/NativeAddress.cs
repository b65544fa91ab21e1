using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Iggy.Quic.Native;

/// <summary>A struct sockaddr_in or sockaddr_in6, in memory that does not move.</summary>
internal static unsafe class NativeAddress
{
    public const int MaxBytes = 28;
    private const ushort Inet = 2, Inet6 = 10;

    /// <summary>Writes an end point.</summary>
    /// <returns>Its length in bytes.</returns>
    public static uint Write(IPEndPoint endPoint, byte* into)
    {
        var bytes = new Span<byte>(into, MaxBytes);
        bytes.Clear();
        var isInet = endPoint.AddressFamily is AddressFamily.InterNetwork;
        *(ushort*)into = isInet ? Inet : Inet6;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)endPoint.Port);
        if (isInet)
        {
            endPoint.Address.TryWriteBytes(bytes[4..], out _);
            return 16;
        }
        endPoint.Address.TryWriteBytes(bytes[8..], out _);
        *(uint*)(into + 24) = (uint)endPoint.Address.ScopeId;
        return MaxBytes;
    }

    /// <summary>Reads one back.</summary>
    public static IPEndPoint Read(byte* address)
    {
        var bytes = new ReadOnlySpan<byte>(address, MaxBytes);
        var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return *(ushort*)address == Inet
            ? new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port)
            : new IPEndPoint(new IPAddress(bytes.Slice(8, 16), *(uint*)(address + 24)), port);
    }

    /// <summary>Whether it is an address of this machine's loopback, where packets may be larger than an Ethernet's.</summary>
    public static bool IsLoopback(byte* address) => IPAddress.IsLoopback(Read(address).Address);

    /// <summary>Where the bare address lies, and how long it is.</summary>
    public static Span<byte> Host(byte* address) => *(ushort*)address == Inet ? new(address + 4, 4) : new(address + 8, 16);
}
