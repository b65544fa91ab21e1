using System.Buffers.Binary;

namespace Iggy.Replication.Frames;

/// <summary>Reads frames from bytes that nobody vouches for: see <see cref="FrameWriter"/> for the layout.</summary>
public static class FrameReader
{
    /// <summary>Reads one frame, which has to be the whole of the bytes.</summary>
    /// <param name="bytes">The frame; records and offsets in it are not copied.</param>
    /// <returns>Null when these bytes are no frame: too short or too long, an unknown kind, a map that does not rise, an end before its beginning.</returns>
    public static Frame? TryRead(ReadOnlyMemory<byte> bytes)
    {
        var input = new Input(bytes);
        var kind = (FrameKind)input.Byte();
        var epoch = input.Number();
        Frame? frame = kind switch
        {
            FrameKind.Fence => new Fence(epoch, input.Number()),
            FrameKind.Fenced => new Fenced(epoch, input.Number(), input.Flag(), input.Number(), input.Number(), input.Mark(), input.Map()),
            FrameKind.Fetch => new Fetch(epoch, input.Number(), input.Number(), input.Number()),
            FrameKind.Fetched => new Fetched(epoch, input.Number(), input.Number(), input.Number(), input.Number(), input.Bytes()),
            FrameKind.FetchOffsets => new FetchOffsets(epoch, input.Mark()),
            FrameKind.OffsetsFetched => new OffsetsFetched(epoch, input.Mark(), input.Bytes()),
            FrameKind.Attach => new Attach(epoch, input.Number(), input.Number()),
            FrameKind.Attached => new Attached(epoch, input.Number(), input.Number(), input.Number(), input.Number(), input.Map()),
            FrameKind.Cut => new Cut(epoch, input.Number(), input.Number(), input.Number(), input.Number(), input.Number(), input.Number(), input.Map(), input.Mark(), input.Bytes()),
            FrameKind.Data => new Data(epoch, input.Number(), input.Number(), input.Number(), input.Number(), input.Bytes()),
            FrameKind.Roll => new Roll(epoch, input.Number(), input.Number(), input.Number()),
            FrameKind.Offset => new Offset(epoch, input.Number(), input.Number(), input.Bytes()),
            FrameKind.Trim => new Trim(epoch, input.Number(), input.Number()),
            FrameKind.Beat => new Beat(epoch, input.Number(), input.Number()),
            FrameKind.Ack => new Ack(epoch, input.Number(), input.Number(), input.Number()),
            _ => null,
        };
        return input.IsWhole && frame is not null && IsPossible(frame) ? frame : null;
    }

    private static bool IsPossible(Frame frame) => frame switch
    {
        Fenced f => f.Start <= f.End,
        Attached f => f.Start <= f.End,
        Fetched f => f.From <= f.End && f.End <= f.LogEnd && (f.From == f.End) == f.Records.IsEmpty,
        Data f => f.From <= f.End && (f.From == f.End) == f.Records.IsEmpty,
        Cut f => f.TakeoverEnd <= f.TrustEnd && f.LogStart <= f.TrustEnd && f.Keep <= f.TrustEnd,
        _ => true,
    };

    // After the first thing that is missing everything reads as nothing, and the whole is refused at the end.
    private struct Input(ReadOnlyMemory<byte> bytes)
    {
        private ReadOnlyMemory<byte> _left = bytes;
        private bool _failed;

        public readonly bool IsWhole => !_failed && _left.IsEmpty;

        public byte Byte() => TryTake(1, out var taken) ? taken[0] : (byte)0;

        public ulong Number() => TryTake(sizeof(ulong), out var taken) ? BinaryPrimitives.ReadUInt64LittleEndian(taken) : 0;

        public bool Flag()
        {
            var value = Byte();
            _failed |= value > 1;
            return value == 1;
        }

        public OffsetMark Mark() => new(Number(), Number());

        public EpochMap Map()
        {
            var count = Count();
            if (count > EpochMap.MaxEntries || count * 2 * sizeof(ulong) > _left.Length)
            {
                _failed = true;
                return EpochMap.Empty;
            }
            var entries = new EpochStart[count];
            for (var i = 0; i < entries.Length; i++)
                entries[i] = new(Number(), Number());
            var map = EpochMap.TryCreate(entries);
            _failed |= map is null;
            return map ?? EpochMap.Empty;
        }

        public ReadOnlyMemory<byte> Bytes()
        {
            var count = Count();
            if (_failed || count > _left.Length)
            {
                _failed = true;
                return default;
            }
            var taken = _left[..(int)count];
            _left = _left[(int)count..];
            return taken;
        }

        private long Count() => TryTake(sizeof(uint), out var taken) ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : 0;

        private bool TryTake(int count, out ReadOnlySpan<byte> taken)
        {
            if (_failed || _left.Length < count)
            {
                _failed = true;
                taken = default;
                return false;
            }
            taken = _left.Span[..count];
            _left = _left[count..];
            return true;
        }
    }
}
