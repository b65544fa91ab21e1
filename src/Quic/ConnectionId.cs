using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Iggy.Quic;

/// <summary>The name of a connection on the wire, as a key: 0 to 20 bytes.</summary>
internal readonly struct ConnectionId : IEquatable<ConnectionId>
{
    /// <summary>How long the ids are that this side gives out. Fixed, for a short header does not tell.</summary>
    public const int OwnBytes = 16;

    /// <summary>QUIC version 1 knows no longer ones.</summary>
    public const int MaxBytes = 20;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly uint _rest;
    private readonly byte _bytes;

    public ConnectionId(ReadOnlySpan<byte> id)
    {
        Span<byte> padded = stackalloc byte[24];
        padded.Clear();
        id.CopyTo(padded);
        var words = MemoryMarshal.Cast<byte, ulong>(padded);
        (_first, _second, _rest, _bytes) = (words[0], words[1], (uint)words[2], (byte)id.Length);
    }

    public bool Equals(ConnectionId other) => _first == other._first && _second == other._second && _rest == other._rest && _bytes == other._bytes;

    public override bool Equals(object? obj) => obj is ConnectionId other && Equals(other);

    // A peer chooses its first id, so the hash is the seeded one of the runtime.
    public override int GetHashCode() => HashCode.Combine(_first, _second, _rest, _bytes);
}

/// <summary>A connection id as ngtcp2 holds it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeConnectionId
{
    public nuint Bytes;
    public fixed byte Data[ConnectionId.MaxBytes];

    public static NativeConnectionId Random()
    {
        var id = default(NativeConnectionId);
        id.Bytes = ConnectionId.OwnBytes;
        RandomNumberGenerator.Fill(new Span<byte>(id.Data, ConnectionId.OwnBytes));
        return id;
    }

    public static NativeConnectionId From(ReadOnlySpan<byte> bytes)
    {
        var id = default(NativeConnectionId);
        id.Bytes = (nuint)bytes.Length;
        bytes.CopyTo(new Span<byte>(id.Data, ConnectionId.MaxBytes));
        return id;
    }

    public readonly ConnectionId ToKey()
    {
        fixed (byte* data = Data)
            return new ConnectionId(new ReadOnlySpan<byte>(data, (int)Bytes));
    }
}
