using System.Buffers;
using System.Runtime.InteropServices;
using Iggy.Storage.Files;
using Iggy.Storage.Records;

namespace Iggy.Storage.AtRest;

/// <summary>Packs and encrypts the frames of records, and undoes it. One for each open log, used by one thread at a time like the log.</summary>
internal sealed class RecordBodies(EncryptionKeys? keys, string logName) : IDisposable
{
    private readonly RecordCipher _cipher = new(keys, logName);

    /// <summary>How records written from now on are packed. Older ones stay as they are.</summary>
    public RecordCodec Codec
    {
        get;
        set => (field, IsPlain) = (value, value is RecordCodec.None && !_cipher.IsOn);
    }

    /// <summary>Whether frames are written as they are, straight to where they stay.</summary>
    public bool IsPlain { get; private set; } = keys?.ActiveKeyId is null;

    /// <summary>Most bytes by which a record may be longer than a plain one, with its padding. Packing alone never makes one longer.</summary>
    public uint MaxGrowthBytes { get; } = keys?.ActiveKeyId is null ? 0 : RecordFormat.Align(RecordEnvelope.EncryptedSizeInBytes);

    /// <summary>By how much a record of a producer may be longer, beside <see cref="MaxGrowthBytes"/>.</summary>
    public const uint ProducerGrowthBytes = RecordEnvelope.SizeInBytes + ProducerSection.SizeInBytes;

    /// <summary>Writes the planned messages as one record and moves the batch past them.</summary>
    /// <param name="target">As long as the plain record, and <see cref="MaxGrowthBytes"/>.</param>
    /// <param name="batch">From outside, proven before.</param>
    /// <param name="plan">Which messages.</param>
    /// <param name="head">The header as far as it is known.</param>
    /// <param name="ids">For messages that ask for one.</param>
    /// <param name="producer">Who numbers the messages, if anybody does.</param>
    /// <returns>Bytes of the record with its padding.</returns>
    public uint Write(Span<byte> target, ref IncomingBatch batch, in RecordPlan plan, RecordHeader head, MessageIds ids, ProducerSection? producer = null)
    {
        var rented = ArrayPool<byte>.Shared.Rent((int)plan.BodyBytes);
        try
        {
            var frames = rented.AsSpan(0, (int)plan.BodyBytes);
            RecordWriter.WriteFrames(frames, ref batch, in plan, ids);
            return Write(target, frames, head, producer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Writes frames as one record: packed where that makes it shorter, then encrypted.</summary>
    /// <returns>Bytes of the record with its padding.</returns>
    public uint Write(Span<byte> target, ReadOnlySpan<byte> frames, RecordHeader head, ProducerSection? producer = null)
    {
        if (producer is not null)
            head.Flags |= RecordFlags.Producer;
        var rented = ArrayPool<byte>.Shared.Rent(frames.Length);
        try
        {
            // Not straight to the target: what is left there of an attempt that did not pay would be unencrypted.
            var room = frames.Length - 1 - (_cipher.IsOn ? 0 : RecordEnvelope.SizeInBytes);
            var packed = Codec is RecordCodec.None ? 0 : RecordCodecs.Pack(Codec, frames, rented.AsSpan(0, room));
            if (packed > 0)
                head.Flags |= (RecordFlags)((uint)Codec << RecordHeader.CodecShift);
            return Wrap(target, packed > 0 ? rented.AsSpan(0, packed) : frames, (uint)frames.Length, head, producer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Whether a record that is whole could not be decrypted: its key may be missing rather than its bytes wrong.</summary>
    public bool HasFailedToDecrypt { get; private set; }

    /// <summary>Gives the frames of a record whose checksum holds.</summary>
    public OpenedBody Open(in RecordHeader header, ReadOnlySpan<byte> body)
    {
        if (!header.HasEnvelope)
            return new OpenedBody(body);

        var framesBytes = RecordEnvelope.FramesBytes(body);
        var content = body[header.EnvelopeBytes..];
        if (!header.CanHold(framesBytes) || (header.Codec is RecordCodec.None && content.Length != framesBytes))
            return new OpenedBody("a record does not hold what its envelope says");
        if (!header.IsEncrypted && header.Codec is RecordCodec.None)
            return new OpenedBody(content);
        if (!header.IsEncrypted)
            return Unpack(header.Codec, content, (int)framesBytes);

        var rented = LargeArrays.Rent(content.Length);
        var decrypted = rented.AsSpan(0, content.Length);
        var failure = _cipher.Decrypt(in header, body, decrypted);
        HasFailedToDecrypt |= failure is not null;
        if (failure is null && header.Codec is RecordCodec.None)
            return new OpenedBody(rented, content.Length);
        try
        {
            return failure is null ? Unpack(header.Codec, decrypted, (int)framesBytes) : new OpenedBody(failure);
        }
        finally
        {
            LargeArrays.Return(rented);
        }
    }

    public void Dispose() => _cipher.Dispose();

    private static OpenedBody Unpack(RecordCodec codec, scoped ReadOnlySpan<byte> packed, int framesBytes)
    {
        var rented = LargeArrays.Rent(framesBytes);
        if (RecordCodecs.TryUnpack(codec, packed, rented.AsSpan(0, framesBytes)))
            return new OpenedBody(rented, framesBytes);
        LargeArrays.Return(rented);
        return new OpenedBody("a record cannot be unpacked");
    }

    private uint Wrap(Span<byte> target, ReadOnlySpan<byte> content, uint framesBytes, RecordHeader head, ProducerSection? producer)
    {
        if (_cipher.IsOn)
            head.Flags |= RecordFlags.Encrypted;
        head.RecordBytes = (uint)(RecordHeader.SizeInBytes + head.EnvelopeBytes + content.Length);
        var body = target[RecordHeader.SizeInBytes..(int)head.RecordBytes];
        if (producer is { } section)
            MemoryMarshal.Write(body[(head.EnvelopeBytes - ProducerSection.SizeInBytes)..], in section);
        if (head.IsEncrypted)
        {
            _cipher.Encrypt(in head, framesBytes, content, body);
        }
        else
        {
            var envelope = new RecordEnvelope { FramesSize = framesBytes };
            if (head.HasEnvelope)
                MemoryMarshal.Write(body, in envelope);
            content.CopyTo(body[head.EnvelopeBytes..]);
        }
        target[(int)head.RecordBytes..(int)head.AlignedBytes].Clear();
        RecordWriter.Finish(target, ref head, body);
        return head.AlignedBytes;
    }
}
