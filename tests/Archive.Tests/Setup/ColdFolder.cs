using System.Buffers;
using System.Buffers.Binary;
using Iggy.Storage;
using Iggy.Storage.Cold;
using Iggy.Storage.Context;
using Iggy.Storage.Copies;
using Iggy.Storage.Log;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Iggy.Archive.Tests.Setup;

/// <summary>A log with tiny segments, and the files of those that went cold as an archive would keep them.</summary>
internal sealed class ColdFolder : IDisposable
{
    public const string Name = "0123456789abcdef0123456789abcdef/0";
    private readonly string _root = Directory.CreateTempSubdirectory("iggy-cold-").FullName;
    private int _seed;

    public ColdFolder()
    {
        PartitionLog.Create(Folder);
        Log = Open();
    }

    public string Folder => Path.Combine(_root, Name);

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, TimeSpan.Zero));

    public ILogger Logger { get; set; } = NullLogger.Instance;

    /// <summary>Most cold segments, from the next opening on.</summary>
    public int MaxCold { get; set; } = PartitionLogOptions.LargestColdSegments;

    public PartitionLog Log { get; private set; }

    /// <summary>By the hash of the whole file.</summary>
    public Dictionary<ulong, byte[]> Archive { get; } = [];

    /// <summary>How many blocks reads asked for.</summary>
    public int Fetched { get; private set; }

    /// <summary>Changes what a block gives; for faults of a cache.</summary>
    public Action<byte[]>? Spoils { get; set; }

    /// <summary>Blocks that were told to be spoilt.</summary>
    public int Spoilt { get; private set; }

    /// <summary>Sends messages, a millisecond apart, one to a record.</summary>
    public void Append(int count, int payloadBytes = 100)
    {
        for (var i = 0; i < count; i++)
        {
            Logs.Append(Log, 1, payloadBytes, _seed++);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
        }
    }

    /// <summary>Makes the oldest segments cold.</summary>
    public void MoveCold(int count) => MoveCold(count, static removal => removal.Run());

    /// <summary>As the other, with what is done instead of the last step.</summary>
    public void MoveCold(int count, Action<SegmentRemoval> run)
    {
        for (var i = 0; i < count && Log.ListGoing(new LocalLimits(0, 0)) is [var going, ..]; i++)
        {
            using var file = PartitionFiles.TryOpenSegment(Folder, going.FirstOffset)!;
            var facts = PartitionFiles.ReadFacts(file, going.FirstOffset)!.Value;
            var bytes = new byte[facts.EndPosition];
            Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, 0));
            var hash = System.IO.Hashing.XxHash3.HashToUInt64(bytes);
            Assert.Null(ColdDigest.Compute(Folder, in going, hash + 1)); // not what the archive has
            var hashes = ColdDigest.Compute(Folder, in going, hash)!.Value;
            Archive[hash] = bytes;
            run(Log.TakeCold(in going, facts.CreatedMicros, new ArchivePlace(1, hash), hashes));
        }
    }

    public void Reopen()
    {
        Log.Dispose();
        Log = Open();
    }

    /// <summary>Lets the process die.</summary>
    public void Kill()
    {
        Log.LetGo();
        Log = Open();
    }

    /// <summary>Reads to the end of a reply, with the blocks that it asks for.</summary>
    public List<Kept> Read(ReadFrom from, ulong value, uint count) => Read(new ReadRequest(from, value, count)).Messages;

    public (List<Kept> Messages, ReadStatus Status) Read(ReadRequest request)
    {
        var result = Log.Read(in request);
        if (result.Large is not { } large)
        {
            var messages = result.Rented is null ? [] : Parse(result.Rented.AsSpan(0, result.Bytes));
            if (result.Rented is not null)
                ArrayPool<byte>.Shared.Return(result.Rented);
            return (messages, result.Status);
        }
        using (large)
        {
            while (large.MeasureSome())
            {
                if (large is IColdRead { Needs: { } need } cold)
                    cold.Provide(Fetch(need));
            }
            var all = new List<Kept>();
            while (large.NextPiece() is var (array, bytes, isRented))
            {
                all.AddRange(Parse(array.AsSpan(0, bytes)));
                if (isRented)
                    ArrayPool<byte>.Shared.Return(array);
            }
            Assert.Equal((uint)all.Count, large.Count);
            return (all, large.Status);
        }
    }

    public List<Kept> ReadAll()
    {
        var all = new List<Kept>();
        for (var next = Log.Stats.FirstOffset; next < Log.Stats.NextOffset; next = all[^1].Offset + 1)
        {
            var some = Read(ReadFrom.Offset, next, 7);
            Assert.NotEmpty(some);
            all.AddRange(some);
        }
        return all;
    }

    public void Dispose()
    {
        Log.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    private PartitionLog Open() => Logs.Open(Folder, Name, Clock, Logger, 1 << 10, MaxCold);

    private Block Fetch(ColdNeed need)
    {
        Fetched++;
        Assert.Equal(Name, need.Partition);
        var bytes = Archive[need.Segment.Place.Hash].AsSpan(need.Block * ColdSegment.BlockBytes, need.Segment.BytesOf(need.Block)).ToArray();
        Assert.Equal(need.Segment.BlockHashes[need.Block], System.IO.Hashing.XxHash3.HashToUInt64(bytes));
        Spoils?.Invoke(bytes);
        return new Block(bytes, () => Spoilt++);
    }

    private static List<Kept> Parse(ReadOnlySpan<byte> bytes)
    {
        var all = new List<Kept>();
        while (!bytes.IsEmpty)
        {
            var payload = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]);
            all.Add(new Kept(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
                BinaryPrimitives.ReadUInt128LittleEndian(bytes[8..]), Convert.ToHexString(bytes.Slice(64, payload))));
            bytes = bytes[(64 + payload + (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]))..];
        }
        return all;
    }

    private sealed class Block(byte[] bytes, Action onSpoilt) : IColdBlock
    {
        public int Read(Span<byte> into, int at)
        {
            bytes.AsSpan(at, into.Length).CopyTo(into);
            return into.Length;
        }

        public void Spoil() => onSpoilt();

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
