using System.Runtime.InteropServices;

namespace Iggy.Storage;

/// <summary>One stored offset, or its removal, as it travels between replicas: 16 bytes, little-endian.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1, Size = SizeInBytes)]
public readonly struct OffsetChange
{
    /// <summary>Its size.</summary>
    public const int SizeInBytes = 16;

    private readonly ConsumerKind _kind;      // @0
    private readonly byte _isDeleted;         // @1
    private readonly ushort _reserved;        // @2
    private readonly uint _id;                // @4
    private readonly ulong _offset;           // @8

    private OffsetChange(ConsumerKey consumer, ulong offset, bool isDeleted)
        => (_kind, _id, _offset, _isDeleted, _reserved) = (consumer.Kind, consumer.Id, offset, isDeleted ? (byte)1 : (byte)0, 0);

    /// <summary>Whose it is.</summary>
    public ConsumerKey Consumer => new(_kind, _id);

    /// <summary>The offset.</summary>
    public ulong Offset => _offset;

    /// <summary>Whether it is forgotten.</summary>
    public bool IsDeleted => _isDeleted != 0;

    /// <summary>Whether its bytes are ones that a build of this version writes.</summary>
    public bool IsPossible => _kind is ConsumerKind.Consumer or ConsumerKind.Group && _isDeleted <= 1 && _reserved == 0;

    /// <summary>An offset is stored.</summary>
    public static OffsetChange Stored(ConsumerKey consumer, ulong offset) => new(consumer, offset, isDeleted: false);

    /// <summary>An offset is forgotten.</summary>
    public static OffsetChange Deleted(ConsumerKey consumer) => new(consumer, 0, isDeleted: true);
}

/// <summary>How new stored offsets are.</summary>
/// <param name="Epoch">Of the leader whose changes they are.</param>
/// <param name="Sequence">Number of the newest change.</param>
public readonly record struct OffsetsMark(ulong Epoch, ulong Sequence);
