using System.Buffers.Binary;

namespace Iggy.Protocol.Vsr;

/// <summary>The 256 bytes in front of a reply.</summary>
/// <remarks>Layout: size u32 @48, command u8 @60, checksum of the request u128 @128, client u128 @160, log position u64 @176, committed position
/// u64 @184, timestamp u64 @192, request u64 @200, operation u8 @208, status u32 @216; zero elsewhere. After a status other than 0 no body follows.</remarks>
/// <param name="SizeBytes">Header and body.</param>
/// <param name="RequestChecksum">Echo.</param>
/// <param name="Client">Echo.</param>
/// <param name="Op">Log position; any number that grows will do.</param>
/// <param name="Commit">Committed position, at least <paramref name="Op"/>.</param>
/// <param name="Timestamp">Echo.</param>
/// <param name="Request">Exact echo: two SDKs find the waiting call by it.</param>
/// <param name="Operation">Of the request; SDKs decide by it how to read the body.</param>
/// <param name="Status">Success, or the refusal.</param>
public readonly record struct ReplyHeader(
    uint SizeBytes, UInt128 RequestChecksum, UInt128 Client, ulong Op, ulong Commit, ulong Timestamp, ulong Request, Operation Operation, IggyError Status)
{
    /// <summary>@220: the final result of a numbered request. 0.12 only, as the one after it; 0 in older lines.</summary>
    public bool IsCommitted { get; init; }

    /// <summary>@224, u64: echo.</summary>
    public ulong PartitionIncarnation { get; init; }

    /// <summary>Bytes of a header.</summary>
    public const int SizeInBytes = CommonHeader.SizeInBytes;

    /// <summary>The answer to a request.</summary>
    public static ReplyHeader To(in RequestHeader request, int bodyBytes, IggyError status, ulong op) => new(
        (uint)(SizeInBytes + bodyBytes), request.RequestChecksum, request.Client, op, op, request.Timestamp, request.Request, request.Operation, status);

    /// <summary>Which kind of frame starts here.</summary>
    /// <param name="header">At least <see cref="SizeInBytes"/>.</param>
    public static FrameCommand CommandOf(ReadOnlySpan<byte> header) => (FrameCommand)header[CommonHeader.CommandAt];

    /// <summary>Reads a header.</summary>
    /// <param name="header">At least <see cref="SizeInBytes"/>.</param>
    public static ReplyHeader Read(ReadOnlySpan<byte> header) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(header[CommonHeader.SizeAt..]),
        BinaryPrimitives.ReadUInt128LittleEndian(header[128..]),
        BinaryPrimitives.ReadUInt128LittleEndian(header[160..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[176..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[184..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[192..]),
        BinaryPrimitives.ReadUInt64LittleEndian(header[200..]),
        (Operation)header[208],
        (IggyError)BinaryPrimitives.ReadUInt32LittleEndian(header[216..]))
    {
        IsCommitted = header[220] == 1,
        PartitionIncarnation = BinaryPrimitives.ReadUInt64LittleEndian(header[224..]),
    };

    /// <summary>Writes the header.</summary>
    /// <param name="header">At least <see cref="SizeInBytes"/>.</param>
    /// <exception cref="InvalidOperationException">A body after a refusal: clients would take it for the next frame.</exception>
    public void Write(Span<byte> header)
    {
        if (Status is not IggyError.None && SizeBytes != SizeInBytes)
            throw new InvalidOperationException($"No body may follow status {Status}.");

        header[..SizeInBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header[CommonHeader.SizeAt..], SizeBytes);
        header[CommonHeader.CommandAt] = (byte)FrameCommand.Reply;
        BinaryPrimitives.WriteUInt128LittleEndian(header[128..], RequestChecksum);
        BinaryPrimitives.WriteUInt128LittleEndian(header[160..], Client);
        BinaryPrimitives.WriteUInt64LittleEndian(header[176..], Op);
        BinaryPrimitives.WriteUInt64LittleEndian(header[184..], Commit);
        BinaryPrimitives.WriteUInt64LittleEndian(header[192..], Timestamp);
        BinaryPrimitives.WriteUInt64LittleEndian(header[200..], Request);
        header[208] = (byte)Operation;
        BinaryPrimitives.WriteUInt32LittleEndian(header[216..], (uint)Status);
        header[220] = IsCommitted ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt64LittleEndian(header[224..], PartitionIncarnation);
    }
}
