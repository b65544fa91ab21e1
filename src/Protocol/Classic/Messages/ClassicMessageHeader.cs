using System.Runtime.InteropServices;

namespace Iggy.Protocol.Classic;

/// <summary>The header of a message, byte for byte as on the wire: 64 bytes, no padding, little-endian like every machine we run on.</summary>
/// <remarks>A message is this header, the payload, then the user headers. In a send the server looks at id, origin time and lengths only (and
/// at the offsets, which may not fall); everything else it overwrites. Source: apache/iggy server-0.8.0,
/// <c>core/common/src/types/message/message_header.rs</c>.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
#pragma warning disable CA1051 // the fields are the layout
public struct ClassicMessageHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int SizeInBytes = 64;

    /// <summary>@0: XXH3-64 of every byte of the message after this field. Not looked at in a send.</summary>
    public ulong Checksum;

    /// <summary>@8: lower half of the id.</summary>
    public ulong IdLow;

    /// <summary>@16: upper half of the id.</summary>
    public ulong IdHigh;

    /// <summary>@24: the message's number in its partition.</summary>
    public ulong Offset;

    /// <summary>@32: when the server appended it, since the Unix epoch.</summary>
    public ulong TimestampMicros;

    /// <summary>@40: what the producer sent as its own time; kept as it is, in whatever unit.</summary>
    public ulong OriginTimestampMicros;

    /// <summary>@48: length of the user headers, up to <see cref="ProtocolLimits.MaxUserHeadersBytes"/>.</summary>
    public uint UserHeadersBytes;

    /// <summary>@52: length of the payload, up to <see cref="ProtocolLimits.MaxMessagePayloadBytes"/>.</summary>
    public uint PayloadBytes;

    /// <summary>@56: 0 in every reply, or the Rust client drops the whole poll.</summary>
    public ulong Reserved;

    /// <summary>Both halves of the id; 0 in a send asks the server for one.</summary>
    public UInt128 Id
    {
        readonly get => new(IdHigh, IdLow);
        set => (IdHigh, IdLow) = ((ulong)(value >> 64), (ulong)value);
    }

    /// <summary>Bytes of the whole message. Can't overflow: both lengths are 32 bits wide.</summary>
    public readonly ulong MessageBytes => SizeInBytes + (ulong)UserHeadersBytes + PayloadBytes;

    /// <summary>The header at the start of a span, in place.</summary>
    /// <param name="message">At least <see cref="SizeInBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is shorter.</exception>
    public static ref readonly ClassicMessageHeader At(ReadOnlySpan<byte> message) => ref MemoryMarshal.AsRef<ClassicMessageHeader>(message);

    /// <summary>Copies the header to the start of a span.</summary>
    /// <param name="destination">At least <see cref="SizeInBytes"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The span is shorter.</exception>
    public readonly void WriteTo(Span<byte> destination) => MemoryMarshal.Write(destination, in this);
}
#pragma warning restore CA1051
