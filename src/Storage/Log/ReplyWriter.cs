using System.Buffers;
using System.Runtime.InteropServices;
using Iggy.Primitives;
using Iggy.Storage.Files;
using Iggy.Storage.Records;

namespace Iggy.Storage.Log;

/// <summary>What became of putting a record into a reply.</summary>
internal enum ReplyStep : byte
{
    /// <summary>All wanted messages of the record are in; there is room for more.</summary>
    More,

    /// <summary>A limit is reached.</summary>
    Full,

    /// <summary>The frames do not tile the record; the messages before the bad one are in.</summary>
    Malformed,

    /// <summary>There is no room for what belongs into the reply: nothing can be made of it.</summary>
    TooLarge,
}

/// <summary>What a reply is written for.</summary>
internal enum ReplyPurpose : byte
{
    /// <summary>All of it in one array of the shared pool.</summary>
    Whole,

    /// <summary>A piece of one, in an array of <see cref="LargeArrays"/>.</summary>
    Piece,

    /// <summary>To know its size: nothing is written.</summary>
    Measure,
}

/// <summary>Builds a reply from records in one pass: each message is copied once, straight into the buffer that is sent.</summary>
/// <param name="request">Layout, limits and headroom.</param>
/// <param name="startOffset">Messages below it are left out.</param>
/// <param name="limits">Where it ends.</param>
/// <param name="expectedBytes">What the reply will probably need; a wrong guess costs a copy.</param>
/// <param name="purpose">Whether it is written, and where to.</param>
internal ref struct ReplyWriter(in ReadRequest request, ulong startOffset, in ReplyLimits limits, int expectedBytes, ReplyPurpose purpose = ReplyPurpose.Whole)
{
    private readonly int _headroom = request.HeadroomBytes;
    private readonly ReplyLimits _limits = limits;
    private readonly uint _partitionId = request.PartitionId;
    private readonly MessageLayout _layout = request.Layout;
    private byte[]? _buffer; // owned until Detach

    public int Bytes { get; private set; }

    public uint Count { get; private set; }

    /// <summary>What the buffer had to hold at most, headroom aside.</summary>
    public int BufferBytes { get; private set; }

    /// <summary>Offset of the last message in the reply.</summary>
    public ulong LastOffset { get; private set; }

    public readonly bool IsFull => Count == _limits.Count || (Count > 0 && Bytes >= _limits.Bytes);

    /// <summary>Whether it may turn out that there is no room.</summary>
    public readonly bool HasBoundedRoom => _limits.RoomBytes < int.MaxValue;

    /// <summary>Whether the reply is to end in front of a record.</summary>
    /// <param name="header">The record's.</param>
    /// <param name="framesBytes">Of its frames, unpacked.</param>
    public readonly bool MustEndBefore(in RecordHeader header, uint framesBytes)
        => _limits.KeepsRecordsWhole && Count > 0
            && (ulong)Bytes + (_layout is MessageLayout.Classic ? header.MessageBytes(framesBytes) : CompactBatch.SizeInBytes + framesBytes) > (ulong)_limits.Bytes;

    /// <summary>Adds the messages of a verified record that are wanted and fit.</summary>
    public ReplyStep Add(in RecordHeader header, scoped ReadOnlySpan<byte> body)
        => _layout is MessageLayout.Classic ? AddClassic(in header, body) : AddCompact(in header, body);

    /// <summary>Hands the buffer over; null when nothing was added.</summary>
    public byte[]? Detach()
    {
        var buffer = _buffer;
        _buffer = null;
        return buffer;
    }

    /// <summary>Gives the buffer back unless it was handed over.</summary>
    public void Dispose()
    {
        if (Detach() is not { } buffer)
            return;
        if (purpose is ReplyPurpose.Piece)
            LargeArrays.Return(buffer);
        else
            ArrayPool<byte>.Shared.Return(buffer);
    }

    private ReplyStep AddClassic(in RecordHeader record, scoped ReadOnlySpan<byte> body)
    {
        for (uint number = 0; number < record.MessageCount; number++)
        {
            if (!TryTakeFrame(ref body, number, out var frame))
                return ReplyStep.Malformed;
            var offset = record.BaseOffset + number;
            if (offset < startOffset)
                continue;

            var contentBytes = frame.Length - MessageFrame.SizeInBytes;
            var messageBytes = ClassicMessage.SizeInBytes + contentBytes;
            if (Count == _limits.Count || (Count > 0 && (long)Bytes + messageBytes > _limits.Bytes))
                return ReplyStep.Full;
            if ((long)Bytes + messageBytes > _limits.RoomBytes)
                return ReplyStep.TooLarge;

            BufferBytes = Math.Max(BufferBytes, Bytes + messageBytes);
            if (purpose is not ReplyPurpose.Measure)
                WriteClassic(Extend(messageBytes), frame, in record, offset);
            Bytes += messageBytes;
            Count++;
            LastOffset = offset;
        }
        return body.IsEmpty ? ReplyStep.More : ReplyStep.Malformed;
    }

    private static void WriteClassic(Span<byte> target, scoped ReadOnlySpan<byte> frame, in RecordHeader record, ulong offset)
    {
        WriteClassicHeader(target, in MemoryMarshal.AsRef<MessageFrame>(frame), in record, offset);
        frame[MessageFrame.SizeInBytes..].CopyTo(target[ClassicMessage.SizeInBytes..]);
        var checksum = FileFormat.Checksum(target[sizeof(ulong)..]);
        MemoryMarshal.Write(target, in checksum);
    }

    private static void WriteClassicHeader(Span<byte> target, in MessageFrame frame, in RecordHeader record, ulong offset)
    {
        var header = new ClassicMessage
        {
            IdLow = frame.IdLow,
            IdHigh = frame.IdHigh,
            Offset = offset,
            TimestampMicros = record.BaseTimestampMicros,
            OriginTimestampMicros = record.OriginTimestampMicros + frame.TimestampDelta,
            UserHeadersBytes = frame.UserHeadersBytes,
            PayloadBytes = frame.PayloadBytes,
        };
        MemoryMarshal.Write(target, in header);
    }

    // A slice of a record keeps base offset and deltas: only length, count and checksum of the batch are its own (spec 4.8).
    private ReplyStep AddCompact(in RecordHeader record, scoped ReadOnlySpan<byte> body)
    {
        var rest = body;
        scoped ReadOnlySpan<byte> frames = default;
        var framesBytes = 0;
        var (taken, step) = (0u, ReplyStep.More);
        for (uint number = 0; number < record.MessageCount && step is ReplyStep.More; number++)
        {
            var before = rest;
            if (!TryTakeFrame(ref rest, number, out var frame))
                step = ReplyStep.Malformed;
            else if (record.BaseOffset + number < startOffset)
                continue;
            else if (Count + taken == _limits.Count || (Count + taken > 0 && Bytes + (long)CompactBatch.SizeInBytes + framesBytes + frame.Length > _limits.Bytes))
                step = ReplyStep.Full;
            else if (Bytes + (long)CompactBatch.SizeInBytes + framesBytes + frame.Length > _limits.RoomBytes)
                return ReplyStep.TooLarge;
            else
            {
                if (taken++ == 0)
                    frames = before;
                framesBytes += frame.Length;
                LastOffset = record.BaseOffset + number;
            }
        }
        if (step is ReplyStep.More && !rest.IsEmpty)
            step = ReplyStep.Malformed;
        if (taken > 0)
            AddCompactBatch(in record, frames[..framesBytes], taken);
        return step;
    }

    private void AddCompactBatch(in RecordHeader record, scoped ReadOnlySpan<byte> frames, uint count)
    {
        var batchBytes = CompactBatch.SizeInBytes + frames.Length;
        var checksumInputBytes = CompactBatch.BytesBeforeChecksum + sizeof(uint) + (checked((int)count) * sizeof(ulong));
        BufferBytes = Math.Max(BufferBytes, Bytes + batchBytes + checksumInputBytes);
        // The bytes the checksum covers are gathered behind the batch, where the next one will overwrite them.
        if (purpose is not ReplyPurpose.Measure)
            WriteCompact(Extend(batchBytes + checksumInputBytes), batchBytes, in record, frames, count);
        Bytes += batchBytes;
        Count += count;
    }

    private readonly void WriteCompact(Span<byte> target, int batchBytes, in RecordHeader record, scoped ReadOnlySpan<byte> frames, uint count)
    {
        var input = target[batchBytes..];

        var batch = new CompactBatch
        {
            PartitionId = _partitionId,
            BaseOffset = record.BaseOffset,
            BaseTimestampMicros = record.BaseTimestampMicros,
            OriginTimestampMicros = record.OriginTimestampMicros,
            BatchBytes = (ulong)batchBytes,
            MessageCount = count,
        };
        target[..CompactBatch.SizeInBytes].Clear();
        frames.CopyTo(target[CompactBatch.SizeInBytes..]);

        MemoryMarshal.Write(target, in batch);
        target[..CompactBatch.BytesBeforeChecksum].CopyTo(input);
        MemoryMarshal.Write(input[CompactBatch.BytesBeforeChecksum..], in count);
        var place = input[(CompactBatch.BytesBeforeChecksum + sizeof(uint))..];
        for (uint i = 0; i < count; i++)
        {
            ref readonly var frame = ref MemoryMarshal.AsRef<MessageFrame>(frames);
            MemoryMarshal.Write(place[((int)i * sizeof(ulong))..], in frame.Checksum);
            frames = frames[(MessageFrame.SizeInBytes + (int)frame.ContentBytes)..];
        }
        batch.Checksum = FileFormat.Checksum(input);
        MemoryMarshal.Write(target, in batch);
    }

    // The checksum of the body held, so a wrong length is our own mistake; it must not become a wrong reply for all that.
    private static bool TryTakeFrame(ref ReadOnlySpan<byte> body, uint number, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (body.Length < MessageFrame.SizeInBytes)
            return false;
        ref readonly var header = ref MemoryMarshal.AsRef<MessageFrame>(body);
        var frameBytes = MessageFrame.SizeInBytes + header.ContentBytes;
        if (header.OffsetDelta != number || frameBytes > (ulong)body.Length)
            return false;
        frame = body[..(int)frameBytes];
        body = body[(int)frameBytes..];
        return true;
    }

    private Span<byte> Extend(int bytes)
    {
        var needed = checked(_headroom + Bytes + bytes);
        if (_buffer is null)
            _buffer = Rent(Math.Max(needed, checked(_headroom + expectedBytes)));
        else if (_buffer.Length < needed)
            PooledArrays.Grow(ref _buffer, _headroom + Bytes, needed); // only a reply whose size was guessed: that of a piece is known
        return _buffer.AsSpan(_headroom + Bytes, bytes);
    }

    private readonly byte[] Rent(int bytes) => purpose is ReplyPurpose.Piece ? LargeArrays.Rent(bytes) : ArrayPool<byte>.Shared.Rent(bytes);
}
