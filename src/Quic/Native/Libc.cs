using System.Runtime.InteropServices;

namespace Iggy.Quic.Native;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct IoVector
{
    public byte* Base;
    public nuint Bytes;
}

/// <summary>struct msghdr of 64-bit Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MessageHead
{
    public byte* Name;
    public uint NameBytes;
    public IoVector* Vectors;
    public nuint VectorCount;
    public byte* Control;
    public nuint ControlBytes;
    public int Flags;
}

/// <summary>struct cmsghdr of 64-bit Linux; its data follow at once.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ControlHead
{
    public nuint Bytes; // with this head
    public int Level, Kind;
}

[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry
{
    public int File;
    public short Wanted, Got;
}

[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpec
{
    public long Seconds, Nanoseconds;
}

/// <summary>The kernel's calls for datagrams that .NET has no face for: segmentation, coalescing and the address a datagram came to.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    public const int DontWait = 0x40;                        // MSG_DONTWAIT
    public const int Udp = 17, UdpSegment = 103, UdpGro = 104;
    public const int Ip = 0, IpPacketInfo = 8, IpMtuDiscover = 10;
    public const int Ipv6 = 41, Ipv6ReceivePacketInfo = 49, Ipv6PacketInfo = 50, Ipv6MtuDiscover = 23;
    public const int ProbeMtu = 3;                           // IP_PMTUDISC_PROBE: never fragment, and let QUIC find the size
    public const int Again = 11, Interrupted = 4, ConnectionRefused = 111, MessageTooLong = 90, InvalidArgument = 22, IoError = 5;
    public const short PollIn = 1, PollOut = 4;

    [LibraryImport(Library, SetLastError = true)] public static partial nint recvmsg(int file, MessageHead* message, int flags);
    [LibraryImport(Library, SetLastError = true)] public static partial nint sendmsg(int file, MessageHead* message, int flags);
    [LibraryImport(Library, SetLastError = true)] public static partial int ppoll(PollEntry* entries, nuint count, TimeSpec* timeout, nint signals);
    [LibraryImport(Library, SetLastError = true)] public static partial int eventfd(uint initial, int flags);
    [LibraryImport(Library, SetLastError = true)] public static partial nint read(int file, void* into, nuint bytes);
    [LibraryImport(Library, SetLastError = true)] public static partial nint write(int file, void* from, nuint bytes);
    [LibraryImport(Library, SetLastError = true)] public static partial int close(int file);
}
