using System.Buffers;
using CsCheck;
using Iggy.Replication.Frames;

namespace Iggy.Replication.Tests;

/// <summary>Frames as bytes.</summary>
public sealed class FrameTests
{
    private static readonly OffsetMark s_mark = new(7, 11);
    private static readonly EpochMap s_map = EpochMap.TryCreate([new(1, 0), new(6, 900), new(8, ulong.MaxValue)])!;
    private static readonly byte[] s_bytes = [1, 2, 3];

    /// <summary>One of each kind.</summary>
    private static readonly Frame[] s_frames =
    [
        new Fence(9, 3), new Fenced(9, 8, true, 4, 1000, s_mark, s_map), new Fetch(9, 5, 8, 1000), new Fetched(9, 8, 1000, 5, 8, s_bytes),
        new FetchOffsets(9, s_mark), new OffsetsFetched(9, s_mark, s_bytes), new Attach(9, 2, 3), new Attached(9, 2, 77, 4, 1000, s_map),
        new Cut(9, 2, 77, 900, 4, 1000, 1200, s_map, s_mark, s_bytes), new Data(9, 2, 900, 903, 850, s_bytes), new Roll(9, 2, 903, 12),
        new Offset(9, 2, 12, s_bytes), new Trim(9, 2, 500), new Beat(9, 2, 903), new Ack(9, 2, 903, 12),
    ];

    // Goal: what is written is read. Method: one frame of each kind; no kind is left out.
    [Fact]
    public void Frames_OfEachKind_AreReadAsWritten()
    {
        Assert.Equal(Enum.GetValues<FrameKind>(), s_frames.Select(frame => (FrameKind)Bytes(frame)[0]));
        foreach (var frame in s_frames)
        {
            var read = FrameReader.TryRead(Bytes(frame));
            Assert.NotNull(read);
            Assert.Equal(frame.GetType(), read.GetType());
            Assert.Equal(Bytes(frame), Bytes(read));
        }
    }

    // Goal: a frame cut anywhere, or with something behind it, is none.
    [Fact]
    public void Frames_CutOrTooLong_AreRefused()
    {
        foreach (var bytes in s_frames.Select(Bytes))
        {
            for (var length = 0; length < bytes.Length; length++)
                Assert.Null(FrameReader.TryRead(bytes.AsMemory(0, length)));
            Assert.Null(FrameReader.TryRead((byte[])[.. bytes, 0]));
        }
    }

    // Goal: no bytes make the reader fail or take memory for what is not there. Method: random bytes, and frames with random damage.
    [Fact]
    public void TryRead_AnyBytes_AnswersOrRefuses()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => FrameReader.TryRead(bytes) is not { } frame || Bytes(frame).AsSpan().SequenceEqual(bytes));
        Gen.Select(Gen.Int[0, s_frames.Length - 1], Gen.Int[0, 300], Gen.Byte).Sample((index, place, value) =>
        {
            var bytes = Bytes(s_frames[index]);
            bytes[place % bytes.Length] = value;
            return FrameReader.TryRead(bytes) is not { } frame || Bytes(frame).AsSpan().SequenceEqual(bytes);
        });
    }

    // Goal: a count from outside is judged before memory is taken for it.
    [Fact]
    public void TryRead_MapWithTooManyEntries_IsRefused()
    {
        var bytes = Bytes(new Attached(9, 2, 77, 4, 1000, EpochMap.Empty));
        bytes.AsSpan(^4..).Fill(0xFF);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(FrameReader.TryRead(bytes));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
    }

    /// <summary>Frames whose numbers no replica sends.</summary>
    public static TheoryData<Frame> Impossible =>
    [
        new Data(9, 2, 900, 899, 0, default), new Data(9, 2, 900, 901, 0, default), new Data(9, 2, 900, 900, 0, s_bytes),
        new Fenced(9, 8, false, 5, 4, s_mark, s_map), new Attached(9, 2, 77, 5, 4, s_map), new Fetched(9, 8, 7, 5, 8, s_bytes),
        new Cut(9, 2, 77, 900, 4, 1300, 1200, s_map, s_mark, default), new Cut(9, 2, 77, 1201, 4, 1000, 1200, s_map, s_mark, default),
    ];

    [Theory]
    [MemberData(nameof(Impossible), DisableDiscoveryEnumeration = true)]
    public void TryRead_NumbersThatCannotBe_AreRefused(Frame frame) => Assert.Null(FrameReader.TryRead(Bytes(frame)));

    private static byte[] Bytes(Frame frame)
    {
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(frame, output);
        return output.WrittenSpan.ToArray();
    }
}
