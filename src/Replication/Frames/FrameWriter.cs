using System.Buffers;
using System.Buffers.Binary;

namespace Iggy.Replication.Frames;

/// <summary>Writes frames as bytes: one byte of <see cref="FrameKind"/>, then the fields in the order of the records, little-endian; maps with a count of u32,
/// bytes with a length of u32. What carries frames adds their length and whose partition they are.</summary>
public static class FrameWriter
{
    /// <summary>Writes one frame.</summary>
    public static void Write(Frame frame, IBufferWriter<byte> output)
    {
        var bytes = new Output(output);
        switch (frame)
        {
            case Fence f: bytes.Kind(FrameKind.Fence, f.Epoch).Number(f.PurgeEpoch); break;
            case Fenced f: bytes.Kind(FrameKind.Fenced, f.Epoch).Number(f.LogEpoch).Flag(f.IsSuspect).Number(f.Start).Number(f.End).Mark(f.Offsets).Map(f.Map); break;
            case Fetch f: bytes.Kind(FrameKind.Fetch, f.Epoch).Number(f.From).Number(f.LogEpoch).Number(f.End); break;
            case Fetched f: bytes.Kind(FrameKind.Fetched, f.Epoch).Number(f.LogEpoch).Number(f.LogEnd).Number(f.From).Number(f.End).Bytes(f.Records); break;
            case FetchOffsets f: bytes.Kind(FrameKind.FetchOffsets, f.Epoch).Mark(f.Mark); break;
            case OffsetsFetched f: bytes.Kind(FrameKind.OffsetsFetched, f.Epoch).Mark(f.Mark).Bytes(f.Offsets); break;
            case Attach f: bytes.Kind(FrameKind.Attach, f.Epoch).Number(f.Session).Number(f.PurgeEpoch); break;
            case Attached f: bytes.Kind(FrameKind.Attached, f.Epoch).Number(f.Session).Number(f.Nonce).Number(f.Start).Number(f.End).Map(f.Map); break;
            case Cut f:
                bytes.Kind(FrameKind.Cut, f.Epoch).Number(f.Session).Number(f.Nonce).Number(f.Keep).Number(f.LogStart).Number(f.TakeoverEnd).Number(f.TrustEnd)
                    .Map(f.Map).Mark(f.Mark).Bytes(f.Offsets);
                break;
            case Data f: bytes.Kind(FrameKind.Data, f.Epoch).Number(f.Session).Number(f.From).Number(f.End).Number(f.Commit).Bytes(f.Records); break;
            case Roll f: bytes.Kind(FrameKind.Roll, f.Epoch).Number(f.Session).Number(f.At).Number(f.Generation); break;
            case Offset f: bytes.Kind(FrameKind.Offset, f.Epoch).Number(f.Session).Number(f.Sequence).Bytes(f.Entry); break;
            case Trim f: bytes.Kind(FrameKind.Trim, f.Epoch).Number(f.Session).Number(f.Start); break;
            case Beat f: bytes.Kind(FrameKind.Beat, f.Epoch).Number(f.Session).Number(f.Commit); break;
            case Ack f: bytes.Kind(FrameKind.Ack, f.Epoch).Number(f.Session).Number(f.End).Number(f.Sequence); break;
            default: throw new ArgumentException($"{frame.GetType().Name} has no kind.", nameof(frame));
        }
    }

    private readonly struct Output(IBufferWriter<byte> output)
    {
        public Output Kind(FrameKind kind, ulong epoch)
        {
            output.GetSpan(1)[0] = (byte)kind;
            output.Advance(1);
            return Number(epoch);
        }

        public Output Number(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(output.GetSpan(sizeof(ulong)), value);
            output.Advance(sizeof(ulong));
            return this;
        }

        public Output Flag(bool value)
        {
            output.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
            output.Advance(1);
            return this;
        }

        public Output Mark(OffsetMark mark) => Number(mark.Epoch).Number(mark.Sequence);

        public Output Map(EpochMap map)
        {
            Count(map.Entries.Length);
            foreach (var entry in map.Entries)
                Number(entry.Epoch).Number(entry.First);
            return this;
        }

        public Output Bytes(ReadOnlyMemory<byte> bytes)
        {
            Count(bytes.Length);
            output.Write(bytes.Span);
            return this;
        }

        private void Count(int value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(sizeof(uint)), (uint)value);
            output.Advance(sizeof(uint));
        }
    }
}
