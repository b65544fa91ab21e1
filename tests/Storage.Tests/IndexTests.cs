using System.Runtime.InteropServices;
using Iggy.Storage.Context;
using Iggy.Storage.Segments;
using Iggy.Storage.Tests.Setup;

namespace Iggy.Storage.Tests;

/// <summary>Whatever the index says, reads are right; and a wrong one is built again.</summary>
public class IndexTests
{
    private const int Messages = 400;

    public enum Damage { None, Missing, Short, LastHalf, Garbled, Zeroed, Shifted, ForeignPositions }

    [Theory]
    [CombinatorialDamage]
    public void Read_AnyIndexDamage_ServesExactlyTheMessagesAskedFor(Damage damage, bool isSealed, bool isOpen)
    {
        using var log = Filled(isSealed);
        var entries = Entries(log);
        Assert.True(entries >= 10);
        if (isOpen)
            Apply(log.IndexFile(), damage);
        else
            log.Kill(() => Apply(log.IndexFile(), damage));

        var first = log.Read(count: 1)[0].TimestampMicros;
        for (var offset = 0UL; offset < Messages; offset += 13)
        {
            Assert.Equal(offset, log.Offsets(ReadFrom.Offset, offset, 1)[0]);
            Assert.Equal(offset, log.Offsets(ReadFrom.Timestamp, first + (offset * 10) - 3, 1)[0]);
        }
        Assert.Empty(log.Log.Damage);
        if (isSealed && damage is Damage.Missing or Damage.Garbled)
            Assert.Equal(entries, Entries(log));
    }

    [Fact]
    public void Append_EveryStride_AddsOneEntryThatPointsToItsRecord()
    {
        using var log = Filled(isSealed: false);
        var index = MemoryMarshal.Cast<byte, IndexEntry>(File.ReadAllBytes(log.IndexFile()));
        Assert.Equal(4096u, index[0].Position);
        for (var i = 1; i < index.Length; i++)
        {
            Assert.InRange(index[i].Position - index[i - 1].Position, 64u << 10, (64u << 10) + 5000);
            Assert.Equal(0u, (index[i].Position - 4096) % RecordBytes);
            Assert.Equal((index[i].Position - 4096) / RecordBytes, index[i].OffsetInSegment);
        }
    }

    // An index has one entry per record where records are larger than its stride: the one behind the entry found is the one looked for.
    [Fact]
    public void Read_ByTimeBehindARecordLargerThanAStride_DoesNotTakeTheIndexForShort()
    {
        using var log = new TestLog();
        var first = log.NowMicros;
        for (var i = 0; i < 20; i++)
        {
            log.Append(Sent.Of(i % 3 == 0 ? 1000 : 100_000, i));
            log.Clock.Advance(TimeSpan.FromMicroseconds(10));
        }
        for (var i = 0; i < 20; i++)
            Assert.Equal((ulong)i, log.Offsets(ReadFrom.Timestamp, first + ((ulong)i * 10) - 3, 1)[0]);
        Assert.Empty(log.Logger.Events);
    }

    private const uint RecordBytes = 64 + 48 + 4000;

    private static TestLog Filled(bool isSealed)
    {
        var log = new TestLog(new PartitionLogOptions { SegmentBytes = isSealed ? (Messages - 1) * 4064 : 1 << 30 });
        for (var i = 0; i < Messages + 2; i++)
        {
            log.Append(Sent.Of(4000, i));
            log.Clock.Advance(TimeSpan.FromMicroseconds(10));
        }
        Assert.Equal(isSealed ? 2u : 1u, log.Log.Stats.SegmentsCount);
        return log;
    }

    private static int Entries(TestLog log) => (int)(new FileInfo(log.IndexFile()).Length / IndexEntry.SizeInBytes);

    private static void Apply(string path, Damage damage)
    {
        var bytes = File.ReadAllBytes(path);
        var entries = MemoryMarshal.Cast<byte, IndexEntry>(bytes.AsSpan());
        switch (damage)
        {
            case Damage.Missing:
                File.Delete(path);
                return;
            case Damage.Short:
                bytes = bytes[..32];
                break;
            case Damage.LastHalf:
                bytes = bytes[..^7];
                break;
            case Damage.Garbled:
                new Random(17).NextBytes(bytes);
                break;
            case Damage.Zeroed:
                Array.Clear(bytes);
                break;
            case Damage.Shifted:
                bytes = [1, 2, 3, .. bytes];
                break;
            case Damage.ForeignPositions:
                foreach (ref var entry in entries)
                    entry.Position += 8;
                break;
            default:
                return;
        }
        File.WriteAllBytes(path, bytes);
    }

    private sealed class CombinatorialDamageAttribute : Xunit.v3.DataAttribute
    {
        public override bool SupportsDiscoveryEnumeration() => true;

        public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod,
            Xunit.Sdk.DisposalTracker disposalTracker)
            => new([.. from damage in Enum.GetValues<Damage>()
                       from isSealed in (bool[])[false, true]
                       from isOpen in (bool[])[false, true]
                       select new TheoryDataRow(damage, isSealed, isOpen)]);
    }
}
