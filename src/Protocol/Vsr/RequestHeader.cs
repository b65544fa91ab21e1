using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>The 256 bytes in front of a request. Fields that no client sets are neither kept nor judged.</summary>
/// <remarks>Layout: size u32 @48 with the header itself, command u8 @60, client u128 @128, checksum of the body u128 @144, timestamp u64 @160,
/// request u64 @168, operation u8 @176, session u64 @184, user u32 @192 (ignored), command code u32 @196; zero elsewhere.</remarks>
/// <param name="SizeBytes">Header and body, as sent and not judged yet.</param>
/// <param name="Command">What the frame is.</param>
/// <param name="Client">Drawn by the client, not 0.</param>
/// <param name="RequestChecksum">XXH3 of the body, or 0 from SDKs that send none.</param>
/// <param name="Timestamp">Echoed only.</param>
/// <param name="Request">The request's number: echoed exactly, and counted for metadata operations only.</param>
/// <param name="Operation">What is asked for.</param>
/// <param name="Session">From the login's reply; 0 before.</param>
/// <param name="Code">The command of <see cref="Operation.NonReplicated"/>; else 0.</param>
public readonly record struct RequestHeader(
    uint SizeBytes, FrameCommand Command, UInt128 Client, UInt128 RequestChecksum, ulong Timestamp, ulong Request, Operation Operation, ulong Session,
    CommandCode Code)
{
    /// <summary>@200, u64: which history of the partition is meant. 0.12 only, as the two after it; 0 in older lines.</summary>
    public ulong PartitionIncarnation { get; init; }

    /// <summary>@208, u64: by whose leave a group's partition is read.</summary>
    public ulong OwnerGeneration { get; init; }

    /// <summary>@216, u64: the position of the metadata that the request needs.</summary>
    public ulong MinimumMetadataOp { get; init; }

    /// <summary>Bytes of a header.</summary>
    public const int SizeInBytes = CommonHeader.SizeInBytes;

    /// <summary>Checksum of an empty body.</summary>
    public static UInt128 ChecksumOfNothing { get; } = Hashes.Xxh3([]);

    /// <summary>Bytes after the header. Only where the size is at least that of a header.</summary>
    public uint BodyBytes => SizeBytes - SizeInBytes;

    /// <summary>The command that is asked for, whichever way it travels; <see cref="CommandCode.None"/> for logins and unknown operations.</summary>
    public CommandCode ToCommand() => Operation switch
    {
        Operation.NonReplicated => Code,
        Operation.Logout => CommandCode.LogoutUser,
        _ => Operation.ToCommand(),
    };

    /// <summary>Whether the body is the one that was sent, as far as the client lets us know.</summary>
    public bool IsChecksumRight(ReadOnlySpan<byte> body) => RequestChecksum == 0 || RequestChecksum == Hashes.Xxh3(body);

    /// <summary>Whether the first 64 bytes can be the start of a request, whatever stands in the checksum fields.</summary>
    /// <param name="bytes">At least 64.</param>
    /// <param name="maxFrameBytes">Longest frame that is taken.</param>
    public static bool IsSignature(ReadOnlySpan<byte> bytes, uint maxFrameBytes) =>
        (FrameCommand)bytes[CommonHeader.CommandAt] is FrameCommand.Request
        && !bytes[(CommonHeader.CommandAt + 1)..64].ContainsAnyExcept((byte)0)
        && BinaryPrimitives.ReadUInt32LittleEndian(bytes[CommonHeader.SizeAt..]) is var size && size >= SizeInBytes && size <= maxFrameBytes;

    /// <summary>Whether this looks like the header of the first pre-releases, which had other places for session and code: their frames can't be read.</summary>
    /// <param name="header">The bytes that this was read from.</param>
    public bool IsOfFirstRevision(ReadOnlySpan<byte> header) => Operation is Operation.NonReplicated
        ? Code is CommandCode.None && BinaryPrimitives.ReadUInt32LittleEndian(header[204..]) != 0
        : Operation >= Operation.CreateStream && Session == 0 && BinaryPrimitives.ReadUInt64LittleEndian(header[192..]) != 0;

    /// <summary>Reads a header.</summary>
    /// <param name="header">At least <see cref="SizeInBytes"/>.</param>
    public static RequestHeader Read(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(header[CommonHeader.SizeAt..]),
        (FrameCommand)header[CommonHeader.CommandAt],
        BinaryPrimitives.ReadUInt128LittleEndian(header[128..]),
        BinaryPrimitives.ReadUInt128LittleEndian(header[144..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[160..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[168..]),
        (Operation)header[176],
        BinaryPrimitives.ReadUInt64LittleEndian(header[184..]),
        (CommandCode)BinaryPrimitives.ReadUInt32LittleEndian(header[196..]))
    {
        PartitionIncarnation = BinaryPrimitives.ReadUInt64LittleEndian(header[200..]),
        OwnerGeneration = BinaryPrimitives.ReadUInt64LittleEndian(header[208..]),
        MinimumMetadataOp = BinaryPrimitives.ReadUInt64LittleEndian(header[216..]),
    };

    /// <summary>Writes the header.</summary>
    /// <param name="header">At least <see cref="SizeInBytes"/>.</param>
    public void Write(Span<byte> header)
    {
        header[..SizeInBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header[CommonHeader.SizeAt..], SizeBytes);
        header[CommonHeader.CommandAt] = (byte)Command;
        BinaryPrimitives.WriteUInt128LittleEndian(header[128..], Client);
        BinaryPrimitives.WriteUInt128LittleEndian(header[144..], RequestChecksum);
        BinaryPrimitives.WriteUInt64LittleEndian(header[160..], Timestamp);
        BinaryPrimitives.WriteUInt64LittleEndian(header[168..], Request);
        header[176] = (byte)Operation;
        BinaryPrimitives.WriteUInt64LittleEndian(header[184..], Session);
        BinaryPrimitives.WriteUInt32LittleEndian(header[196..], (uint)Code);
        BinaryPrimitives.WriteUInt64LittleEndian(header[200..], PartitionIncarnation);
        BinaryPrimitives.WriteUInt64LittleEndian(header[208..], OwnerGeneration);
        BinaryPrimitives.WriteUInt64LittleEndian(header[216..], MinimumMetadataOp);
    }
}
